#include "app/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void print_usage(struct buf *out)
{
    buf_put_text(out, "usage: omen-worker [--config FILE] [--OPTION=VALUE ...]\n"
                      "       omen-worker --check ready|live [SOCKET]\n\n"
                      "Answers predictions over FastCGI from the models in a directory.\n");
}

static const struct program_flag flags[] = {
    {"--check ready|live [SOCKET]",
     "Ask the worker at SOCKET (or where the options say) and exit: 0 yes, 1 no."},
    {"--check-config",
     "Say what is wrong with the configuration, all of it, and exit: 0 nothing, 2 something."},
    {"--print-config", "Print the options as they would be used, as a configuration file."},
    {NULL, NULL},
};

const struct program command_program = {
    .name = "omen-worker",
    .table = &options_table,
    .print_usage = print_usage,
    .flags = flags,
    .reads_file = true,
};

static bool problem(struct config_problems *problems, const char *where, const char *what)
{
    buf_printf(&problems->text, "%s: %s\n", where, what);
    problems->count++;
    return false;
}

static bool parse_check(struct command *command, const char *what, char **argv, int argc,
                        int *index, struct config_problems *problems)
{
    command->action = COMMAND_CHECK;
    if (strcmp(what, "ready") == 0)
        command->check_path = "/readyz";
    else if (strcmp(what, "live") == 0)
        command->check_path = "/healthz";
    else
        return problem(problems, "--check", "takes ready or live, then optionally the socket");
    if (*index + 1 < argc && argv[*index + 1][0] != '-')
        command->check_listen = argv[++*index];
    return true;
}

/* What is left for the options stays in command->arguments. */
static bool parse_flags(struct command *command, struct config_problems *problems)
{
    char **arguments = command->arguments;
    bool ok = true;
    int kept = 0;
    int at = 0;
    for (; at < command->count && strcmp(arguments[at], "--") != 0; at++) {
        char *argument = arguments[at];
        const char *value = program_flag_value(arguments, command->count, &at, "--check");
        if (value != NULL) {
            ok = parse_check(command, value, arguments, command->count, &at, problems) && ok;
        } else if (strcmp(argument, "--print-config") == 0) {
            command->action = COMMAND_PRINT_CONFIG;
        } else if (strcmp(argument, "--check-config") == 0) {
            command->action = COMMAND_CHECK_CONFIG;
        } else if (program_describe(&command_program, argument, NULL)) {
            command->action = COMMAND_DESCRIBE;
            command->describe = argument;
        } else {
            arguments[kept++] = argument;
        }
    }
    while (at < command->count)
        arguments[kept++] = arguments[at++];
    command->count = kept;
    return ok;
}

bool command_parse(struct command *command, int argc, char **argv, char **environment,
                   struct config_problems *problems)
{
    *command = (struct command){.action = COMMAND_SERVE, .environment = environment};
    command->arguments = mem_array((size_t)argc + 1, sizeof *command->arguments);
    if (command->arguments == NULL)
        return problem(problems, "command line", "no memory");
    for (int i = 1; i < argc; i++)
        command->arguments[command->count++] = argv[i];
    bool ok = program_take_file(&command_program, environment, &command->count, command->arguments,
                                &command->config, problems);
    return parse_flags(command, problems) && ok;
}

void command_finish(struct command *command)
{
    free(command->arguments);
    *command = (struct command){.action = COMMAND_SERVE};
}

bool command_options(const struct command *command, struct options *options,
                     struct config_problems *problems)
{
    int next = 0;
    bool ok = config_read(&options_table, options, command->config, command->environment, problems);
    ok = config_read_arguments(&options_table, options, command->count, command->arguments, &next,
                               problems) &&
         ok;
    if (next < command->count)
        ok = problem(problems, command->arguments[next], "not a flag; the worker takes flags only");
    return ok;
}
