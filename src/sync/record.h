/* What was published, kept beside the files as .omen-sync.json: written last, so that a version
 * that has it is whole. */
#ifndef OMEN_SYNC_RECORD_H
#define OMEN_SYNC_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "sync/plan.h"
#include "sync/publish.h"

#define RECORD_NAME ".omen-sync.json"

struct record_file {
    char *path;
    int64_t size;
    char revision[STORE_REVISION_SIZE];
    unsigned char sha256[32];
};

struct record {
    char print[DIGEST_TEXT_SIZE];
    char bundle[DIGEST_TEXT_SIZE]; /* the worker's own digest of these files */
    int64_t bytes, serial;
    struct record_file *files;
    size_t count;
};

/* The plan's files must have their SHA-256. */
bool record_id(const struct plan_version *plan, char id[PUBLISH_ID_SIZE], struct err *err);
bool record_write(const struct publish *publish, int tree_fd, const struct plan_version *plan,
                  const char *source, struct err *err);
bool record_read(int tree_fd, struct record *record, struct err *err);
void record_finish(struct record *record);

/* A file's SHA-256 and, when asked for, CRC-32C and MD5, read from `from` on into digests that may
 * have begun. */
struct record_digests {
    struct digest *sha256, *md5;
    bool with_crc32c;
    uint32_t crc32c;
    int64_t hashed;           /* bytes that are in them */
    const volatile int *stop; /* not 0: reading ends soon, without them; may be NULL */
};
/* The SHA-256, and what else `object` (may be NULL) has to compare with. */
bool record_digests_begin(struct record_digests *digests, const struct store_object *object,
                          struct err *err);
void record_digests_update(struct record_digests *digests, const void *data, size_t size);
bool record_digests_read(struct record_digests *digests, int fd, int64_t size, struct err *err);
void record_digests_drop(struct record_digests *digests);
/* Is the file in the tree what was recorded: its size and, with `bytes`, its digest? False without
 * an answer as well: err is then ERR_MEMORY, or ERR_UNAVAILABLE when stopped. */
bool record_file_matches(int tree_fd, const struct record_file *file, bool bytes,
                         const volatile int *stop, struct err *err);

#endif
