/* omen-sync's options: one table for flags, environment, file, help and manual. */
#ifndef OMEN_SYNC_OPTIONS_H
#define OMEN_SYNC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct options {
    bool once, require_signature, allow_downgrade, allow_stale, auto_rollback;
    int64_t period, timeout, lock_timeout, max_failures;
    char *model, *single, *version;
    int layout, complete, fsync, recheck;
    int64_t patience, settle, keep, grace, reserve, max_disk_bytes;
    int64_t max_object_bytes, max_total_bytes, max_objects;
    char *public_key, *check, *on_change, *signal_pid_file, *worker_state;
    int64_t command_timeout;

    int64_t connections, object_connections, part_size, bandwidth, retries;
    int64_t connect_timeout, stall_timeout, retry_pause;
    char *proxy, *no_proxy, *ca_file, *ca_path, *client_cert, *client_key;

    char *endpoint, *region, *account, *profile, *billing_project, *token_file, *header_file;
    bool anonymous, path_style;
    int64_t metadata_patience;

    char *directory, *signing_key, *checker, *listen, *textfile;
    bool progress;
    int log_level, log_format;
};

extern const struct config_table options_table;
bool options_read(struct options *options, const char *path, char **environment, int count,
                  char **arguments, struct config_problems *problems, char **words,
                  int *word_count);
void options_finish(struct options *options);

#endif
