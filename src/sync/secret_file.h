/* Files that hold one secret, such as a pod's token: read anew for each use, since they are
 * replaced while the program runs. */
#ifndef OMEN_SYNC_SECRET_FILE_H
#define OMEN_SYNC_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SECRET_FILE_SIZE_MAX ((size_t)1 << 16)

/* *text is NUL-terminated, without blanks and line ends around it; freed by secret_free. Refuses an
 * empty file and one with control characters inside. `what` names it in errors. */
bool secret_file_read(const char *path, const char *what, char **text, struct err *err);
/* Wipes it first. */
void secret_free(char *text);

#endif
