/* Where models come from: one interface, one file per kind, one table.
 *
 * A store lists objects below a prefix and describes the requests for their bytes; transfer carries
 * these out. It never writes to disk. Object names are relative to the source's prefix and as the
 * bucket has them: whoever makes paths of them checks them first (name.h). */
#ifndef OMEN_SYNC_STORE_H
#define OMEN_SYNC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/auth.h"
#include "sync/request.h"
#include "sync/transfer.h"

#define STORE_REVISION_SIZE 160
#define STORE_NAME_MAX 1024

/* One object as a listing (or a manifest) tells it. */
struct store_object {
    const char *name;   /* below the source's prefix, decoded, NUL-terminated */
    size_t name_length; /* a name with a NUL inside is longer than strlen says: refused */
    int64_t size;       /* -1: not told (https) */
    /* What a download pins: generation, version id or ETag as the store wants it back; "" if
     * there is none. Equal revisions mean equal bytes. */
    char revision[STORE_REVISION_SIZE];
    bool has_crc32c, has_md5, has_sha256;
    uint32_t crc32c;
    unsigned char md5[16], sha256[32];
};

/* false stops the listing (err is set). */
typedef bool store_visit_function(void *context, const struct store_object *object,
                                  struct err *err);

/* A source as the user wrote it, taken apart: SCHEME://BUCKET/PREFIX, no user info, query or
 * fragment (except Azure's account as az://ACCOUNT.host/...; see the store). */
struct source_url {
    char *text;   /* as given, without secrets: for messages */
    char *scheme; /* "gs" "s3" "az" "https" "http" "file" */
    char *bucket; /* host[:port] for https, "" for file */
    char *prefix; /* decoded for none of the bucket schemes; without leading or trailing '/' */
};
bool source_url_parse(const char *text, struct source_url *url, struct err *err);
void source_url_finish(struct source_url *url);

/* What the user may say of stores; texts are never NULL. Secrets come from files or the
 * environment, never from arguments. */
struct store_options {
    const char *endpoint;        /* instead of the cloud's own; "" */
    const char *region;          /* s3 */
    const char *account;         /* az: the storage account; "": the environment's */
    const char *profile;         /* s3: "" is AWS_PROFILE or default */
    const char *billing_project; /* gs: userProject */
    bool anonymous;              /* asked for: no credentials are looked for */
    bool path_style;             /* s3: http://host/bucket/key although no endpoint is given */
    const char *token_file;  /* https: "Authorization: Bearer" of this file, read again each time */
    const char *header_file; /* https: headers of this file */
    int64_t metadata_patience; /* ns to wait for a metadata service that does not answer yet */
    int64_t max_objects;       /* a longer listing is an error */
    bool writable;             /* push: ask for a scope that may write */
};

struct store {
    const struct store_type *type;
    struct transfer *transfer; /* borrowed */
    struct auth *auth;         /* owned, NULL: anonymous */
};

struct store_type {
    const char *const *schemes; /* NULL-terminated */
    bool lists;                 /* false: https, manifests only */
    bool pins; /* get is refused for another revision; else who downloads looks again at the end */
    /* Finds credentials. NULL with err; transfer_failure says which kind. **Keeps** options. */
    struct store *(*open)(const struct source_url *url, const struct store_options *options,
                          struct transfer *transfer, struct err *err);
    void (*close)(struct store *store);
    /* Visits every object whose name is below `under` ("" or "NAME/..." ending in '/'), by pages
     * that are bounded. A bucket that is not there is FAILURE_GONE, never an empty listing. */
    bool (*list)(struct store *store, const char *under, store_visit_function *visit, void *context,
                 struct err *err);
    /* What a listing would say of one object, by one small request; FAILURE_GONE. */
    bool (*look)(struct store *store, const char *name, struct store_object *object,
                 struct err *err);
    /* GET of bytes first..last (first < 0: the whole) of exactly object->revision (if it has one).
     */
    bool (*get)(struct store *store, const struct store_object *object, int64_t first, int64_t last,
                struct request *request, struct err *err);
    /* The reply's headers are of object->revision. Withdraws a digest that they say is none of the
     * object's bytes. */
    bool (*is_pinned)(struct store_object *object, const struct response *response);
    judge_function *judge;
    /* As store_read, where it can be asked "only if changed"; NULL: it is read whole. */
    bool (*read)(struct store *store, struct store_object *object, const char *known, size_t limit,
                 char **data, size_t *size, bool *unchanged, struct err *err);
    /* Uploads body_size bytes of body_fd, or of body. object->revision: only over that revision
     * ("": only if there is none; STORE_ANY: whatever is there) where the store can;
     * FAILURE_CHANGED if not so. object's digests are sent along where they are known. NULL: read
     * only. */
    bool (*put)(struct store *store, const struct store_object *object, int body_fd,
                const void *body, struct err *err);
};

#define STORE_ANY "*"

/* table.c */
extern const struct store_type *const store_types[];
struct store *store_open(const struct source_url *url, const struct store_options *options,
                         struct transfer *transfer, struct err *err);
void store_close(struct store *store);
/* A whole small object into memory; *data is NUL-terminated besides and freed by the caller. The
 * revision of what was read is put into object. known: its revision of before, or "": then
 * *unchanged may become true, without data. */
bool store_read(struct store *store, struct store_object *object, const char *known, size_t limit,
                char **data, size_t *size, bool *unchanged, struct err *err);

#endif
