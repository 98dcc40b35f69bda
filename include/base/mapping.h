/* Large files in the address space instead of in memory. Their pages are the page cache's: the
 * kernel may drop them, and mapping_release does. For files that are read from one end to the other
 * and not needed as a whole.
 *
 * Unlike a copy, the bytes may change while somebody else writes to the file: whoever reads them
 * must bear two different answers from the same place, and ask in the end whether the file is still
 * the one that was opened. A file that is cut meanwhile, or a disk that fails, does not end the
 * process: zeros stand for what cannot be read, and mapping_is_whole says so. */
#ifndef OMEN_BASE_MAPPING_H
#define OMEN_BASE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct mapping {
    const char *data; /* a NUL follows; NULL: nothing is mapped */
    size_t size;
    size_t room; /* whole pages */
};

/* Maps the first `size` bytes of a regular file; the descriptor may be closed afterwards. Few
 * mappings can be open at a time (ERR_LIMIT). Takes the process's SIGBUS, which a thread that reads
 * a mapping must not block. */
bool mapping_open(int fd, size_t size, struct mapping *mapping, struct err *err);
void mapping_close(struct mapping *mapping);

/* False once a page could not be read. */
bool mapping_is_whole(const struct mapping *mapping);

/* What was read between two places takes no memory until it is read again. Places that are in no
 * mapping are none of its business. */
void mapping_release(const void *from, const void *to);

#endif
