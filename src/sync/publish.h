/* The disk: the only module that writes below the destination.
 *
 *   DIR/NAME/VERSION  -> .versions/VERSION@ID    what the worker lists
 *   DIR/NAME/current  -> .versions/VERSION@ID    what is to be served; flipped by rename
 *   DIR/NAME/previous -> .versions/VERSION@ID    what was before
 *   DIR/NAME/.versions/VERSION@ID/               the files, never changed, and their record
 *   DIR/.sync/lock, partial/, pins/, quarantine/, serials/, trash/
 *
 * ID is of the content: publishing the same again is no change. All names were checked before
 * (plan.h); all steps can be cut off anywhere and done again. */
#ifndef OMEN_SYNC_PUBLISH_H
#define OMEN_SYNC_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/plan.h"

#define PUBLISH_ID_SIZE 13
#define PUBLISH_TARGET_SIZE 180 /* ".versions/VERSION@ID" */

enum publish_fsync { FSYNC_AUTO, FSYNC_ALWAYS, FSYNC_NEVER };

struct publish_options {
    enum publish_fsync fsync; /* auto: not on tmpfs, where there is nothing to lose */
    int64_t keep;             /* versions of a model that stay besides current and previous */
    int64_t grace;            /* ns that a version stays after it was superseded */
    int64_t reserve;          /* bytes that stay free */
    int64_t max_disk_bytes;   /* all below DIR, old versions too; 0: no limit */
};

struct publish {
    struct publish_options options;
    int root_fd, sync_fd, lock_fd;
    bool syncs;
    int64_t collected, collect_errors; /* counters */
};

/* A full disk is ERR_LIMIT in all that writes; other faults are ERR_IO.
 *
 * Makes DIR (with `make`) and what it needs. */
bool publish_open(const char *directory, const struct publish_options *options, bool make,
                  struct publish *publish, struct err *err);
void publish_close(struct publish *publish);
/* One at a time. Waits for at most timeout (ns); *held says who won when false without error. */
bool publish_lock(struct publish *publish, int64_t timeout, const volatile int *stop,
                  struct err *err);
void publish_unlock(struct publish *publish);

/* Enough room for so many bytes more? ERR_LIMIT if not. */
bool publish_has_room(const struct publish *publish, int64_t bytes, struct err *err);
/* Bytes of the disk that all below DIR takes, a file with several links counted once. */
int64_t publish_disk_bytes(const struct publish *publish);

size_t publish_version_count(const struct publish *publish);

#define PUBLISH_BOOT_SIZE 48
/* Which start of the machine this is; "" where it does not tell. */
void publish_boot_id(char id[PUBLISH_BOOT_SIZE]);

/* --- what is there ------------------------------------------------------------------------- */

/* Where a link of a model (a version's, "current", "previous") leads: "VERSION@ID", "" if nowhere.
 */
void publish_target(const struct publish *publish, const char *model, const char *link,
                    char target[PUBLISH_TARGET_SIZE]);
/* VERSION of "VERSION@ID". */
void publish_version_of(const char *target, char *version, size_t size);

/* Calls take for each model's name, until it returns false. */
bool publish_each_model(const struct publish *publish,
                        bool (*take)(void *context, const char *model, struct err *err),
                        void *context, struct err *err);
/* The directory of what is published as VERSION@ID; -1. */
int publish_version_open(const struct publish *publish, const char *model, const char *target);
int publish_versions_open(const struct publish *publish, const char *model);

/* --- changing it --------------------------------------------------------------------------- */

/* Moves the finished tree `from` (a name in NAME/.versions) to VERSION@ID. */
bool publish_tree_make(const struct publish *publish, const char *model, char *name, size_t size,
                       int *tree_fd, struct err *err);
bool publish_tree_place(const struct publish *publish, const char *model, const char *name,
                        const char *target, struct err *err);
/* Makes NAME/VERSION lead to VERSION@ID. */
bool publish_link(const struct publish *publish, const char *model, const char *version,
                  const char *target, struct err *err);
/* current = target, previous = what current was. */
bool publish_flip(const struct publish *publish, const char *model, const char *target,
                  struct err *err);

/* Removes what interrupted runs left, and mends a current that leads nowhere. */
bool publish_recover(struct publish *publish, struct err *err);
/* Removes old versions but `keep` of each model. Errors are counted and never final. */
void publish_collect(struct publish *publish, int64_t keep);
/* Removes the current version, which is damaged; `instead` becomes current, or nothing ("") is. */
bool publish_take_away(struct publish *publish, const char *model, const char *target,
                       const char *instead, struct err *err);

bool publish_sync_fd(const struct publish *publish, int fd, struct err *err);
/* Removes a file or a whole tree below fd. */
bool publish_remove(int fd, const char *name);

/* --- marks --------------------------------------------------------------------------------- */

/* Small texts kept by name: "pins" NAME -> VERSION, "quarantine" NAME@VERSION@ID -> reason,
 * "serials" NAME -> number, "." "checked" -> the start of the machine in which all was looked at.
 * text NULL: remove. */
bool publish_mark_write(const struct publish *publish, const char *kind, const char *name,
                        const char *text, struct err *err);
/* false if there is none. */
bool publish_mark_read(const struct publish *publish, const char *kind, const char *name,
                       char *text, size_t size);
size_t publish_mark_count(const struct publish *publish, const char *kind);

#endif
