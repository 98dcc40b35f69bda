/* omen-sync: keeps a directory of models in step with a bucket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/program.h"
#include "codec/json.h"
#include "sync/commands.h"
#include "sync/options.h"
#include "sync/session.h"

struct command {
    const char *name, *words, *summary;
    int (*run)(const struct options *options, char *const *words, int count);
};

static const struct command commands[] = {
    {"pull", "SOURCE DIR", "Keep DIR in step with SOURCE, or with --once do it once.",
     command_pull},
    {"push", "DIR SOURCE", "Upload the version NAME/VERSION that DIR is.", command_push},
    {"list", "SOURCE", "Say what models and versions a source has.", command_list},
    {"rollback", "NAME [VERSION]", "Serve the previous version, or this one, and pin it.",
     command_rollback},
    {"pin", "NAME VERSION|none", "Keep to a version, or take the newest again.", command_pin},
    {"verify", "DIR", "Compare every published file with what was recorded.", command_verify},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void print_usage(struct buf *out)
{
    buf_put_text(out, "usage: omen-sync COMMAND [--config FILE] [--OPTION=VALUE ...] ...\n\n"
                      "Keeps a directory of models in step with a bucket: gs://BUCKET/PREFIX, "
                      "s3://, az://,\nhttps://HOST/PATH or file:///PATH.\n\nCommands:\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        buf_printf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].words,
                   commands[i].summary);
}

static const struct program program = {
    .name = "omen-sync",
    .table = &options_table,
    .print_usage = print_usage,
    .reads_file = true,
};

static void log_set_up(const struct options *options)
{
    bool json = options->log_format == 2 || (options->log_format == 0 && !isatty(STDERR_FILENO));
    log_configure(STDERR_FILENO, (enum log_level)options->log_level,
                  json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
}

static int run(const struct command *command, int count, char **arguments)
{
    struct config_problems problems = {.count = 0};
    struct options options;
    int words = 0;
    char **word = mem_array((size_t)count + 1, sizeof *word);
    memset(&options, 0, sizeof options);
    if (word == NULL)
        return session_complain(EXIT_OTHER, "no memory");
    const char *path;
    int code;
    bool ok = program_take_file(&program, environ, &count, arguments, &path, &problems);
    ok = options_read(&options, path, environ, count, arguments, &problems, word, &words) && ok;
    if (ok) {
        log_set_up(&options);
        code = command->run(&options, word, words);
    } else {
        code = program_tell(program.name, &problems);
    }
    options_finish(&options);
    config_problems_finish(&problems);
    free(word);
    return code;
}

static int describe(const char *flag)
{
    struct buf text = BUF_INIT;
    if (!program_describe(&program, strcmp(flag, "help") == 0 ? "--help" : flag, &text))
        return session_complain(EXIT_USAGE, "there is no such command; see omen-sync --help");
    return program_print(&text);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return session_complain(EXIT_USAGE, "a command is missing; see omen-sync --help");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (argc == 3 && strcmp(argv[2], "--help") == 0)
            return describe("--help");
        int code = run(&commands[i], argc - 2, argv + 2);
        json_thread_finish();
        return code;
    }
    return describe(argv[1]);
}
