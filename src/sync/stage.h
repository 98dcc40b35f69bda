/* One version on its way: downloaded file by file below .sync/partial, checked, then made a tree.
 *
 * Everything that is there stays for the next run after an interruption: whole files as N.done,
 * others as N.part with N.map, one byte per part that has arrived. A restart of the machine may
 * have lost bytes that the map says are there, so the parts of another boot are not believed. */
#ifndef OMEN_SYNC_STAGE_H
#define OMEN_SYNC_STAGE_H

#include <stdbool.h>

#include "sync/plan.h"
#include "sync/publish.h"
#include "sync/record.h"
#include "sync/store.h"
#include "sync/transfer.h"

struct stage_file;

struct stage {
    struct publish *publish;
    struct plan_version *plan; /* borrowed; its files get their SHA-256 */
    struct store *store;
    struct transfer *transfer;
    int fd;
    char name[320]; /* in .sync/partial */
    struct stage_file *files;
    struct hasher *hasher; /* of large files; NULL: none yet */
    struct transfer_job *jobs;
    unsigned char *maps;
    int64_t part_size;
    size_t waiting;  /* files whose digests are not there yet */
    int64_t missing; /* bytes that are not there yet */
    int64_t reused;  /* bytes that an earlier version had */
};

bool stage_open(struct stage *stage, struct publish *publish, struct plan_version *plan,
                struct store *store, struct err *err);
/* Downloads and checks every file. transfer_failure says why not. */
bool stage_fetch(struct stage *stage, struct err *err);
/* For a store that cannot pin: is what was downloaded still what is there? FAILURE_CHANGED. */
bool stage_check_source(struct stage *stage, struct err *err);
/* Makes the tree and puts it in its place; target is then its VERSION@ID. */
bool stage_publish(struct stage *stage, const char *source, char target[PUBLISH_TARGET_SIZE],
                   struct err *err);
/* Removes what was downloaded. */
void stage_discard(struct stage *stage);
/* The same of a version that is in its place. */
void stage_forget(const struct publish *publish, const struct plan_version *plan);
void stage_close(struct stage *stage);

#endif
