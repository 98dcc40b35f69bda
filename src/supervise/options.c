#include "supervise/options.h"

#include <stddef.h>
#include <string.h>

#define MS 1e6
#define HOUR (3600 * 1e9)

/* The order of enum log_level, log_format. */
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const formats[] = {"text", "json", NULL};

#define VALUE(member) .offset = offsetof(struct options, member)
#define BOUNDS(minimum_, maximum_) .minimum = (minimum_), .maximum = (maximum_)

static const struct config_option rows[] = {
    {"socket", "socket", CONFIG_TEXT, VALUE(socket), "",
     .help = "The path of the unix socket that the worker is to listen on; one that was left by a "
             "dead process is replaced. Empty: standard input is the listener."},
    {"socket", "socket-mode", CONFIG_MODE, VALUE(socket_mode), "0660", BOUNDS(0, 0777),
     .help = "Its mode: the web server must be able to write."},
    {"socket", "socket-group", CONFIG_TEXT, VALUE(socket_group), "",
     .help = "Its group, a name or a number. Empty: the process's own."},
    {"socket", "backlog", CONFIG_INTEGER, VALUE(backlog), "4096", BOUNDS(1, 65535),
     .help = "Connections that may wait in the kernel while no worker takes them, at most "
             "net.core.somaxconn."},

    {"start", "ready-timeout", CONFIG_DURATION, VALUE(ready_timeout), "30s", BOUNDS(MS, HOUR),
     .help = "How long the new worker of a rolling restart may take to be ready; then it is ended "
             "and the old one stays."},
    {"start", "web-wait", CONFIG_DURATION, VALUE(web_wait), "10s", BOUNDS(0, HOUR),
     .help = "The web server is started when the worker is ready, or after this time."},

    {"end", "grace", CONFIG_DURATION, VALUE(grace), "0", BOUNDS(0, HOUR),
     .help = "After TERM: serve on for so long, while a load balancer learns that we are going."},
    {"end", "web-timeout", CONFIG_DURATION, VALUE(web_timeout), "20s", BOUNDS(MS, HOUR),
     .help =
         "How long the web server may take to end its requests before it is sent TERM, and five "
         "seconds later KILL."},
    {"end", "worker-timeout", CONFIG_DURATION, VALUE(worker_timeout), "30s", BOUNDS(MS, HOUR),
     .help =
         "How long a worker may take to end before it is killed. Longer than its drain-timeout."},

    {"log", "log-level", CONFIG_CHOICE, VALUE(log_level), "info", .choices = levels,
     .help = "What is logged: events of this level and above."},
    {"log", "log-format", CONFIG_CHOICE, VALUE(log_format), "text", .choices = formats,
     .help = "One event is one line: text for people, json for machines."},
};

const struct config_table options_table = {
    .options = rows,
    .count = sizeof rows / sizeof rows[0],
    .values_size = sizeof(struct options),
    .environment = "OMEN_SUPERVISE",
};

static bool problem(struct config_problems *problems, const char *what)
{
    buf_printf(&problems->text, "%s\n", what);
    problems->count++;
    return false;
}

static bool split_commands(struct options *options, char **arguments,
                           struct config_problems *problems)
{
    if (arguments[0] == NULL || strcmp(arguments[0], "--") == 0)
        return problem(problems, "the worker's command is missing; see omen-supervise --help");
    options->worker = arguments;
    while (*arguments != NULL && strcmp(*arguments, "--") != 0)
        arguments++;
    if (*arguments == NULL)
        return true;
    *arguments++ = NULL;
    options->web = arguments;
    return *arguments != NULL ||
           problem(problems, "the web server's command is missing after the second --");
}

bool options_read(struct options *options, char **environment, int count, char **arguments,
                  struct config_problems *problems)
{
    int next = 0;
    memset(options, 0, sizeof *options);
    bool ok = config_read(&options_table, options, NULL, environment, problems);
    ok = config_read_arguments(&options_table, options, count, arguments, &next, problems) && ok;
    return ok && split_commands(options, arguments + next, problems);
}

void options_finish(struct options *options)
{
    config_finish(&options_table, options);
}
