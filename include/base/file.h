/* Files, whole. Every path comes from us or was checked by file_name_is_safe. */
#ifndef OMEN_BASE_FILE_H
#define OMEN_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mapping.h"

/* Reads a regular file of at most `limit` bytes into a fresh NUL-terminated block (*data, freed by
 * the caller; the NUL is not counted in *size). Follows symbolic links. Refuses what is not a
 * regular file, without blocking on a FIFO. */
bool file_read(const char *path, size_t limit, char **data, size_t *size, struct err *err);

/* As file_read, of a name inside the open directory `directory_fd`; a link that is the last
 * component is followed. */
bool file_read_at(int directory_fd, const char *name, size_t limit, char **data, size_t *size,
                  struct err *err);

/* As file_read_at, but without a copy: base/mapping.h has what that asks of the reader. */
bool file_map_at(int directory_fd, const char *name, size_t limit, struct mapping *mapping,
                 struct err *err);

/* One path component a bucket or a client may name: 1-128 bytes of [A-Za-z0-9._+-] that do not
 * begin with a dot. */
bool file_name_is_safe(const char *name, size_t length);

/* Opens /dev/null where the caller left standard input, output or error closed: it would be the
 * next socket's, and the log would be written to a client. */
bool file_open_standard(void);

#endif
