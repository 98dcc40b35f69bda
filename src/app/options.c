#include "app/options.h"

#include <stddef.h>

#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define GIB (1024.0 * MIB)
#define MS 1e6
#define SECOND 1e9
#define HOUR (3600 * SECOND)

/* The order of enum server_scheduling, enum log_level and enum log_format. */
static const char *const schedulings[] = {"batch", "normal", NULL};
static const char *const float_digits[] = {"shortest", "double", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const formats[] = {"text", "json", NULL};

#define VALUE(member) .offset = offsetof(struct options, member)
#define BOUNDS(minimum_, maximum_) .minimum = (minimum_), .maximum = (maximum_)

static const struct config_option rows[] = {
    {"server", "listen", CONFIG_TEXT, VALUE(listen), "unix:/run/omen/worker.sock",
     .help = "Where to listen: unix:PATH, HOST:PORT or [ADDRESS]:PORT. Not used when the socket is "
             "inherited: as descriptor 0 (spawn-fcgi, multiwatch) or by LISTEN_FDS (systemd)."},
    {"server", "listen-mode", CONFIG_MODE, VALUE(listen_mode), "0660",
     .help = "Permissions of the unix socket. Whoever may connect to it can stop the worker, so "
             "keep it to the web server's group."},
    {"server", "listen-group", CONFIG_TEXT, VALUE(listen_group), "",
     .help = "Group of the unix socket, by name or number. Empty: the worker's own."},
    {"server", "allow-peers", CONFIG_TEXT, VALUE(allow_peers), "",
     .help = "For a TCP socket: the addresses that may connect, separated by commas. Empty: "
             "loopback only."},
    {"server", "backlog", CONFIG_INTEGER, VALUE(backlog), "4096", BOUNDS(1, 65535),
     .help = "Connections that may wait to be accepted. The kernel bounds it by "
             "net.core.somaxconn."},
    {"server", "threads", CONFIG_INTEGER, VALUE(threads), "0", BOUNDS(0, 1024),
     .help = "Threads that answer requests. 0: as many as the CPUs that the control group grants. "
             "Requests with bodies of 64 KiB or more have as many again for themselves, of a lower "
             "priority, so that small ones do not wait behind them."},
    {"server", "scheduling", CONFIG_CHOICE, VALUE(scheduling), "batch", .choices = schedulings,
     .help = "The kernel's policy for these threads. batch: a request that arrives does not "
             "interrupt the web server on its CPU, so both work through what is there; the share "
             "of the CPU stays the same; it may interrupt while requests with large bodies are "
             "served. normal: it always may, which may answer sooner on a machine whose CPUs are "
             "all busy with something else."},
    {"server", "read-timeout", CONFIG_DURATION, VALUE(read_timeout), "5s", BOUNDS(MS, HOUR),
     .help = "Longest time to receive a whole request, once it has begun."},
    {"server", "compute-timeout", CONFIG_DURATION, VALUE(compute_timeout), "8s", BOUNDS(0, HOUR),
     .help = "Longest time to compute a request's rows, looked at between blocks of 256 rows; one "
             "that takes longer is answered 413 by /predict and 504 by the other dialects. Shorter "
             "than the web server's patience (the "
             "fastcgi_read_timeout of conf/nginx.conf.in: 10s). 0: no limit."},
    {"server", "write-timeout", CONFIG_DURATION, VALUE(write_timeout), "5s", BOUNDS(MS, HOUR),
     .help = "Longest time to send an answer."},
    {"server", "idle-timeout", CONFIG_DURATION, VALUE(idle_timeout), "75s", BOUNDS(MS, 24 * HOUR),
     .help =
         "How long a connection may be kept without a request. Longer than the web server's own "
         "keepalive_timeout (nginx: 60s), so that it is not closed under a request."},
    {"server", "queue-budget", CONFIG_DURATION, VALUE(queue_budget), "500ms", BOUNDS(0, HOUR),
     .help = "Longest time a request may wait for a thread; older ones are answered 503 with "
             "Retry-After. 0: no limit."},
    {"server", "drain-timeout", CONFIG_DURATION, VALUE(drain_timeout), "25s", BOUNDS(MS, HOUR),
     .help =
         "After TERM or QUIT: how long requests in flight and kept connections may take to end."},

    {"limits", "max-connections", CONFIG_INTEGER, VALUE(max_connections), "4096",
     BOUNDS(1, 1000000),
     .help = "Open connections. Beyond it no new one is accepted until another ends."},
    {"limits", "max-body", CONFIG_SIZE, VALUE(max_body), "16m", BOUNDS(KIB, GIB),
     .help = "Largest request body; larger ones are answered 413."},
    {"limits", "max-params", CONFIG_SIZE, VALUE(max_params), "64k", BOUNDS(KIB, 16 * MIB),
     .help = "Largest sum of a request's FastCGI parameters, the HTTP headers among them; larger "
             "ones are answered 431."},
    {"limits", "max-rows", CONFIG_INTEGER, VALUE(max_rows), "100000", BOUNDS(1, 1e9),
     .help = "Most rows of one request; more are answered 413."},
    {"limits", "request-memory", CONFIG_SIZE, VALUE(request_memory), "256m",
     BOUNDS(MIB, 1024 * GIB),
     .help =
         "Most memory for one request's rows and results, and for its answer; what needs more is "
         "answered 413."},

    {"models", "models", CONFIG_TEXT, VALUE(models), "/models",
     .help = "The directory of models: NAME/VERSION/ with a version's files, or NAME.json."},
    {"models", "default-model", CONFIG_TEXT, VALUE(default_model), "",
     .help = "The model that /predict without a name is answered by. Empty: the only one."},
    {"models", "version-labels", CONFIG_TEXT, VALUE(version_labels), "",
     .help =
         "Names for versions, such as iris/stable=3, iris/canary=4: what /v1/models/MODEL/labels/"
         "LABEL stands for. Empty: none."},
    {"models", "sagemaker-models", CONFIG_TEXT, VALUE(sagemaker_models), "",
     .help = "The directory in which models lie that SageMaker's multi-model API may load and "
             "unload by "
             "request; the models directory must be writable. Empty: nobody may, and /models is "
             "not there, unless SAGEMAKER_MULTI_MODEL is set."},
    {"models", "keep-versions", CONFIG_INTEGER, VALUE(keep_versions), "2", BOUNDS(1, 1000),
     .help = "How many of a model's newest versions stay loaded and can be asked for."},
    {"models", "state-file", CONFIG_TEXT, VALUE(state_file), "",
     .help = "File that is replaced after every change by what /status says of the models: "
             "omen-sync's worker-state reads it, so that a version that was refused here is not "
             "brought again. Empty: none."},
    {"models", "rescan-interval", CONFIG_DURATION, VALUE(rescan_interval), "10s",
     BOUNDS(10 * MS, 24 * HOUR),
     .help =
         "How often the directory is looked through, beside being told of changes: network file "
         "systems tell of none."},
    {"models", "max-model-bytes", CONFIG_SIZE, VALUE(max_model_bytes), "512m",
     BOUNDS(KIB, 1024 * GIB), .help = "Most bytes in the files of one version."},
    {"models", "max-model-files", CONFIG_INTEGER, VALUE(max_model_files), "64", BOUNDS(1, 10000),
     .help = "Most files of one version."},
    {"models", "max-models", CONFIG_INTEGER, VALUE(max_models), "1000", BOUNDS(1, 100000),
     .help = "Most models, and most versions of a model, that are looked at."},

    {"protocols", "server-name", CONFIG_TEXT, VALUE(server_name), "omen",
     .help = "What the server calls itself in the metadata of the Open Inference Protocol."},
    {"protocols", "strict-datatypes", CONFIG_BOOL, VALUE(strict_datatypes), "no",
     .help = "Whether tensors of the Open Inference Protocol must have just the datatype that the "
             "model's metadata say, as with Triton. no: any that loses nothing."},
    {"protocols", "float-digits", CONFIG_CHOICE, VALUE(float_digits), "shortest",
     .choices = float_digits,
     .help = "How FP32 tensors are written as JSON. shortest: 6.8, which reads back to the same "
             "float32. double: 6.800000190734863, as KServe and Triton have it."},
    {"protocols", "management", CONFIG_BOOL, VALUE(management), "no",
     .help = "Whether requests may list, load and unload models: /v2/repository. A model that is "
             "unloaded stays so until it is loaded or the worker starts anew."},

    {"log", "log-level", CONFIG_CHOICE, VALUE(log_level), "info", .choices = levels,
     .help = "What is logged: events of this level and above."},
    {"log", "log-format", CONFIG_CHOICE, VALUE(log_format), "text", .choices = formats,
     .help = "One event is one line: text for people, json for machines."},
    {"log", "access-log", CONFIG_REAL, VALUE(access_log), "0", BOUNDS(0, 1),
     .help = "The fraction of requests that are logged: 0 none, 0.01 one in a hundred, 1 all."},
    {"log", "slow-request", CONFIG_DURATION, VALUE(slow_request), "0", BOUNDS(0, HOUR),
     .help = "Requests that take longer than this are logged whatever access-log says. 0: off."},
};

const struct config_table options_table = {
    .options = rows,
    .count = sizeof rows / sizeof rows[0],
    .values_size = sizeof(struct options),
    .environment = "OMEN",
};

void options_finish(struct options *options)
{
    config_finish(&options_table, options);
}
