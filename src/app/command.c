#include "app/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct flag {
    const char *name;
    enum command_action action;
    const char *help;
};

static const struct flag flags[] = {
    {"--print-config", COMMAND_PRINT_CONFIG,
     "Print the options as they would be used, as a configuration file."},
    {"--print-sample", COMMAND_PRINT_SAMPLE,
     "Print a configuration file of all options with their defaults, commented out."},
    {"--print-manual", COMMAND_PRINT_MANUAL, "Print the manual page's list of options."},
    {"--check-config", COMMAND_CHECK_CONFIG,
     "Say what is wrong with the configuration, all of it, and exit: 0 nothing, 2 something."},
    {"--version", COMMAND_VERSION, "Print the version."},
    {"--help", COMMAND_HELP, "Print this."},
};

static bool problem(struct config_problems *problems, const char *where, const char *what)
{
    buf_printf(&problems->text, "%s: %s\n", where, what);
    problems->count++;
    return false;
}

/* The value of `--name=value` or `--name value`; NULL when argv[*index] is another flag. */
static const char *flag_value(char **argv, int argc, int *index, const char *name)
{
    size_t length = strlen(name);
    const char *argument = argv[*index];
    if (strncmp(argument, name, length) != 0)
        return NULL;
    if (argument[length] == '=')
        return argument + length + 1;
    if (argument[length] != '\0')
        return NULL;
    if (*index + 1 >= argc || argv[*index + 1] == NULL)
        return "";
    return argv[++*index];
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

static bool parse_plain(struct command *command, const char *argument)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(argument, flags[i].name) == 0) {
            command->action = flags[i].action;
            return true;
        }
    }
    return false;
}

static bool parse_arguments(struct command *command, int argc, char **argv,
                            struct config_problems *problems)
{
    bool ok = true;
    for (int i = 1; i < argc; i++) {
        const char *value;
        if (strcmp(argv[i], "--") == 0) {
            while (i < argc)
                command->arguments[command->count++] = argv[i++];
        } else if ((value = flag_value(argv, argc, &i, "--config")) != NULL) {
            command->config = value;
            if (value[0] == '\0')
                ok = problem(problems, "--config", "takes the path of a file");
        } else if ((value = flag_value(argv, argc, &i, "--check")) != NULL) {
            ok = parse_check(command, value, argv, argc, &i, problems) && ok;
        } else if (!parse_plain(command, argv[i])) {
            command->arguments[command->count++] = argv[i];
        }
    }
    return ok;
}

static const char *environment_get(char **environment, const char *name)
{
    size_t length = strlen(name);
    for (char **entry = environment; *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    }
    return NULL;
}

bool command_parse(struct command *command, int argc, char **argv, char **environment,
                   struct config_problems *problems)
{
    *command = (struct command){.action = COMMAND_SERVE, .environment = environment};
    command->config = environment_get(environment, "OMEN_CONFIG");
    command->arguments = mem_array((size_t)argc + 1, sizeof *command->arguments);
    if (command->arguments == NULL)
        return problem(problems, "omen-worker", "no memory");
    return parse_arguments(command, argc, argv, problems);
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
    bool ok = options_read(options, command->config, command->environment, command->count,
                           command->arguments, &next, problems);
    if (next < command->count)
        ok = problem(problems, command->arguments[next], "not a flag; the worker takes flags only");
    return ok;
}

void command_print_help(struct buf *out)
{
    buf_put_text(out, "usage: omen-worker [--config FILE] [--OPTION=VALUE ...]\n"
                      "       omen-worker --check ready|live [SOCKET]\n\n"
                      "Answers predictions over FastCGI from the models in a directory.\n\n"
                      "  --config FILE\n"
                      "      Read options from FILE (also: OMEN_CONFIG).\n"
                      "  --check ready|live [SOCKET]\n"
                      "      Ask the worker at SOCKET (or where the options say) and exit: 0 yes, "
                      "1 no.\n");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        buf_printf(out, "  %s\n      %s\n", flags[i].name, flags[i].help);
    buf_put_text(out, "\nOptions, strongest first: flag, environment variable, file, default.\n\n");
    config_print_help(options_table(), out);
}
