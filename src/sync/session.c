#include "sync/session.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define KEY_SIZE_MAX ((size_t)65536)

volatile int session_stop;
volatile int session_wake;

static void on_signal(int number)
{
    if (number == SIGTERM || number == SIGINT)
        session_stop = 1;
    else
        session_wake = 1;
}

void session_catch_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int session_exit_of(enum failure failure)
{
    switch (failure) {
    case FAILURE_NONE:
    case FAILURE_STOPPED:
        return EXIT_GOOD;
    case FAILURE_USAGE:
        return EXIT_USAGE;
    case FAILURE_AUTH:
        return EXIT_AUTH;
    case FAILURE_GONE:
        return EXIT_GONE;
    case FAILURE_INTEGRITY:
        return EXIT_INTEGRITY;
    case FAILURE_SPACE:
        return EXIT_SPACE;
    case FAILURE_TIMEOUT:
        return EXIT_TIMEOUT;
    case FAILURE_LOCKED:
        return EXIT_LOCKED;
    case FAILURE_CHANGED:
    case FAILURE_TRANSIENT:
        return EXIT_TRANSIENT;
    case FAILURE_OTHER:
        break;
    }
    return EXIT_OTHER;
}

int session_exit_of_disk(const struct err *err)
{
    return err->code == ERR_LIMIT ? EXIT_SPACE : EXIT_OTHER;
}

int session_complain(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("omen-sync: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

static void fill_transfer(const struct options *options, struct transfer_options *transfer)
{
    *transfer = (struct transfer_options){
        .connections = options->connections,
        .object_connections = options->object_connections,
        .part_size = options->part_size,
        .bandwidth = options->bandwidth,
        .retries = options->retries,
        .connect_timeout = options->connect_timeout,
        .stall_timeout = options->stall_timeout,
        .retry_pause = options->retry_pause,
        .proxy = options->proxy,
        .no_proxy = options->no_proxy,
        .ca_file = options->ca_file,
        .ca_path = options->ca_path,
        .client_cert = options->client_cert,
        .client_key = options->client_key,
    };
}

static void fill_store(const struct options *options, bool writable, struct store_options *store)
{
    *store = (struct store_options){
        .endpoint = options->endpoint,
        .region = options->region,
        .account = options->account,
        .profile = options->profile,
        .billing_project = options->billing_project,
        .anonymous = options->anonymous,
        .path_style = options->path_style,
        .token_file = options->token_file,
        .header_file = options->header_file,
        .metadata_patience = options->metadata_patience,
        .max_objects = options->max_objects,
        .writable = writable,
    };
}

static bool keys_read(struct session *session, struct err *err)
{
    const char *paths = session->options->public_key;
    struct mirror_options *mirror = &session->mirror.options;
    while (*paths != '\0') {
        char path[4096];
        size_t length = strcspn(paths, ":");
        char *text;
        size_t size;
        if (length >= sizeof path || mirror->key_count == SESSION_KEYS_MAX)
            return err_set(err, ERR_LIMIT, "public-key names too many files, or one too long");
        memcpy(path, paths, length);
        path[length] = '\0';
        paths += length + (paths[length] == ':');
        if (!file_read(path, KEY_SIZE_MAX, &text, &size, err))
            return false;
        bool ok = signature_key_read(text, size, &session->keys[mirror->key_count++], err);
        free(text);
        if (!ok)
            return err_prefix(err, "%s", path);
    }
    return mirror->key_count > 0 || !session->options->require_signature ||
           err_set(err, ERR_INVALID, "require-signature needs a public-key");
}

static void fill_mirror(struct session *session)
{
    const struct options *options = session->options;
    session->mirror.options = (struct mirror_options){
        .source = session->url.text,
        .model = options->model,
        .single = options->single,
        .version = options->version,
        .layout = (enum mirror_layout)options->layout,
        .complete = (enum plan_complete)options->complete,
        .settle = options->settle,
        .limits = {.object_bytes = options->max_object_bytes,
                   .total_bytes = options->max_total_bytes,
                   .objects = options->max_objects},
        .keys = session->keys,
        .require_signature = options->require_signature,
        .allow_downgrade = options->allow_downgrade,
        .check = options->check,
        .check_timeout = options->command_timeout,
    };
}

int session_open_source(struct session *session, const char *source, bool writable)
{
    struct transfer_options transfer;
    struct err err = ERR_INIT;
    const char *single = session->options->single;
    if (!source_url_parse(source, &session->url, &err))
        return session_complain(EXIT_USAGE, "%s", err.text);
    if (single[0] != '\0' && !file_name_is_safe(single, strlen(single)))
        return session_complain(EXIT_USAGE,
                                "single: a model's name is letters, digits and . _ + -, "
                                "and does not begin with a dot");
    fill_transfer(session->options, &transfer);
    fill_store(session->options, writable, &session->store_options);
    fill_mirror(session);
    if (!keys_read(session, &err))
        return session_complain(EXIT_USAGE, "%s", err.text);
    session->transfer = transfer_create(&transfer, &err);
    if (session->transfer == NULL)
        return session_complain(EXIT_OTHER, "%s", err.text);
    transfer_set_stop(session->transfer, &session_stop);
    session->store = store_open(&session->url, &session->store_options, session->transfer, &err);
    if (session->store == NULL) {
        int code = session_exit_of(transfer_failure(session->transfer));
        return session_complain(code != EXIT_GOOD ? code : EXIT_OTHER, "%s", err.text);
    }
    session->mirror.store = session->store;
    session->mirror.publish = &session->publish;
    return EXIT_GOOD;
}

int session_open_directory(struct session *session, const char *directory, bool make)
{
    const struct publish_options options = {
        .fsync = (enum publish_fsync)session->options->fsync,
        .keep = session->options->keep,
        .grace = session->options->grace,
        .reserve = session->options->reserve,
        .max_disk_bytes = session->options->max_disk_bytes,
    };
    struct err err = ERR_INIT;
    if (publish_open(directory, &options, make, &session->publish, &err))
        return EXIT_GOOD;
    return session_complain(session_exit_of_disk(&err), "%s: %s", directory, err.text);
}

void session_close(struct session *session)
{
    mirror_finish(&session->mirror);
    store_close(session->store);
    transfer_destroy(session->transfer);
    source_url_finish(&session->url);
    publish_close(&session->publish);
}
