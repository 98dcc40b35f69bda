/* The worker's options: one table (base/config.h) and the struct that holds their values. */
#ifndef OMEN_APP_OPTIONS_H
#define OMEN_APP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct options {
    /* [server] */
    char *listen;
    int64_t listen_mode;
    char *listen_group;
    char *allow_peers;
    int64_t backlog;
    int64_t threads;
    int scheduling; /* of enum server_scheduling */
    int64_t read_timeout, write_timeout, idle_timeout;
    int64_t compute_timeout;
    int64_t queue_budget;
    int64_t drain_timeout;
    /* [limits] */
    int64_t max_connections;
    int64_t max_body;
    int64_t max_params;
    int64_t max_rows;
    int64_t request_memory;
    /* [models] */
    char *models;
    char *default_model;
    char *state_file;
    char *version_labels;
    char *sagemaker_models;
    int64_t keep_versions;
    int64_t rescan_interval;
    int64_t max_model_bytes;
    int64_t max_model_files;
    int64_t max_models;
    /* [protocols] */
    char *server_name;
    bool management;
    bool strict_datatypes;
    int float_digits; /* 0: shortest, 1: of the double */
    /* [log] */
    int log_level;
    int log_format;
    double access_log;
    int64_t slow_request;
};

extern const struct config_table options_table;

void options_finish(struct options *options);

#endif
