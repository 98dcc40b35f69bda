/* omen-supervise: keeps a worker, and maybe a web server in front of it, running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "supervise/options.h"
#include "supervise/supervisor.h"

enum { EXIT_USAGE = 2 };

static void print_help(struct buf *out)
{
    buf_put_text(
        out, "usage: omen-supervise [--OPTION=VALUE ...] [--] WORKER [ARGUMENT ...]\n"
             "                      [-- WEB-SERVER [ARGUMENT ...]]\n\n"
             "Keeps one worker running on a socket that never closes, and a web server in front "
             "of it.\n\n"
             "  TERM, INT, QUIT  end: the web server first, then the worker\n"
             "  HUP, USR1        pass on\n"
             "  USR2             rolling restart of the worker\n\n"
             "  --print-manual\n      Print the manual page's list of options.\n"
             "  --version, --help\n\nOptions, strongest first: flag, environment variable, "
             "default.\n\n");
    config_print_help(options_table(), out);
}

/* Whether the first argument asks for something to read. */
static bool describe(const char *what, struct buf *out)
{
    if (strcmp(what, "--help") == 0)
        print_help(out);
    else if (strcmp(what, "--version") == 0)
        buf_put_text(out, "omen-supervise " OMEN_VERSION "\n");
    else if (strcmp(what, "--print-manual") == 0)
        config_print_manual(options_table(), out);
    else
        return false;
    return true;
}

static int print(struct buf *text)
{
    bool ok = !text->failed && fwrite(text->data, 1, text->length, stdout) == text->length;
    ok = fflush(stdout) == 0 && ok;
    buf_finish(text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

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
    if (argc >= 2 && describe(argv[1], &text))
        return print(&text);
    if (!file_open_standard())
        return EXIT_FAILURE;
    int status = EXIT_USAGE;
    if (options_read(&options, environ, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &problems))
        status = supervise(&options);
    else
        fputs(buf_text(&problems.text), stderr);
    options_finish(&options);
    config_problems_finish(&problems);
    return status;
}
