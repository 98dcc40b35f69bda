/* omen-supervise: keeps a worker, and maybe a web server in front of it, running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/program.h"
#include "supervise/options.h"
#include "supervise/supervisor.h"

static void print_usage(struct buf *out)
{
    buf_put_text(
        out, "usage: omen-supervise [--OPTION=VALUE ...] [--] WORKER [ARGUMENT ...]\n"
             "                      [-- WEB-SERVER [ARGUMENT ...]]\n\n"
             "Keeps one worker running on a socket that never closes, and a web server in front "
             "of it.\n\n"
             "  TERM, INT, QUIT  end: the web server first, then the worker\n"
             "  HUP, USR1        pass on\n"
             "  USR2             rolling restart of the worker\n");
}

static const struct program program = {
    .name = "omen-supervise",
    .table = &options_table,
    .print_usage = print_usage,
};

static int supervise(const struct options *options)
{
    struct err err = ERR_INIT;
    int status = EXIT_FAILURE;
    log_configure(STDERR_FILENO, (enum log_level)options->log_level,
                  (enum log_format)options->log_format);
    if (!supervisor_run(options, &status, &err))
        LOG(LOG_ERROR, err.text, LOG_TEXT("code", err_code_name(err.code)));
    return status;
}

int main(int argc, char **argv)
{
    struct config_problems problems = {.count = 0};
    struct buf text = BUF_INIT;
    struct options options;
    if (argc >= 2 && program_describe(&program, argv[1], &text))
        return program_print(&text);
    if (!file_open_standard())
        return EXIT_FAILURE;
    int status;
    if (options_read(&options, environ, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &problems))
        status = supervise(&options);
    else
        status = program_tell(program.name, &problems);
    options_finish(&options);
    config_problems_finish(&problems);
    return status;
}
