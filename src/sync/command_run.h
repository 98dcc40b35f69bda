/* Runs the user's commands: the check before a flip, the hook after it, and who says keys. */
#ifndef OMEN_SYNC_COMMAND_RUN_H
#define OMEN_SYNC_COMMAND_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* /bin/sh -c command with OMEN_MODEL, OMEN_VERSION and OMEN_PATH in its environment and none of our
 * secrets to inherit but what is in the environment anyway. Ended, with all that it started, after
 * timeout (ns), or as soon as *stop is not 0. False if it did not exit with 0. */
bool command_run_shell(const char *command, const char *model, const char *version,
                       const char *path, int64_t timeout, const volatile int *stop,
                       struct err *err);

/* /bin/sh -c command, for what it writes to its standard output, as much as `out` may hold; what it
 * writes to its standard error is nobody's to read. Ended as above. */
bool command_run_output(const char *command, int64_t timeout, const volatile int *stop,
                        struct buf *out, struct err *err);

#endif
