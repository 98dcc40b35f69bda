/* Names from outside that become paths: judged before anything is created. */
#ifndef OMEN_SYNC_NAME_H
#define OMEN_SYNC_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define NAME_PATH_MAX 1024
#define NAME_DEPTH_MAX 32

/* A relative path of components that can be created below a directory: valid UTF-8 without control
 * characters or backslashes, no empty, "." or ".." component, none above 255 bytes. The message
 * does not repeat the name, which may be hostile. */
bool name_is_path(const char *name, size_t length, struct err *err);
/* A zero-size object whose name ends in '/': what consoles make to show a folder. */
bool name_is_folder(const char *name, size_t length);

#endif
