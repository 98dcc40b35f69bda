#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/program.h"
#include "cli/commands.h"

const struct command *const commands[] = {
    &command_check, &command_golden, &command_inspect, &command_predict, NULL,
};

void command_complain(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, command[0] != '\0' ? "omen %s: " : "omen%s: ", command);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static const struct command *find(const char *name)
{
    for (const struct command *const *command = commands; *command != NULL; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

static void print_overview(struct buf *out)
{
    buf_put_text(out, "usage: omen COMMAND ...\n"
                      "       omen help COMMAND\n\n"
                      "Looks at models, checks them and answers rows from them, as the worker "
                      "does.\n\nCommands:\n\n");
    for (const struct command *const *command = commands; *command != NULL; command++)
        buf_printf(out, "  %-8s %s\n", (*command)->name, (*command)->summary);
    buf_put_text(out, "\n  --version\n      Print the version.\n"
                      "  --help\n      Print this; behind a command, what the command takes.\n");
}

void command_print_help(const struct command *command, struct buf *out)
{
    buf_printf(out, "usage: omen %s %s\n\n%s\n\n%s\n\n", command->name, command->usage,
               command->summary, command->details);
    config_print_help(&command->table, out);
}

static int usage(const char *command, const char *sentence)
{
    command_complain(command, "%s; see omen help%s%s", sentence, command[0] != '\0' ? " " : "",
                     command);
    return COMMAND_USAGE;
}

static int help(int argc, char **argv)
{
    struct buf text = BUF_INIT;
    const struct command *command = argc > 0 ? find(argv[0]) : NULL;
    if (argc > 0 && command == NULL)
        return usage("", "help is asked for a command that there is not");
    if (command != NULL)
        command_print_help(command, &text);
    else
        print_overview(&text);
    return program_print(&text);
}

/* The manual page's list of a command's options, for the page and its test. */
static int print_manual(const char *name)
{
    struct buf text = BUF_INIT;
    const struct command *command = find(name);
    if (command == NULL)
        return usage("", "there is no such command");
    config_print_manual(&command->table, &text);
    return program_print(&text);
}

/* --- one command's arguments --------------------------------------------------------------- */

static int run_parsed(const struct command *command, const void *values, char *const *paths,
                      int count)
{
    if (count < command->paths_least)
        return usage(command->name, "a path is missing");
    if (count > command->paths_most)
        return usage(command->name, "too many paths");
    return command->run(values, paths, count);
}

static int complain_all(const struct command *command, struct config_problems *problems)
{
    char name[32];
    snprintf(name, sizeof name, "omen %s", command->name);
    return program_tell(name, problems);
}

static int run(const struct command *command, int argc, char **argv)
{
    const struct config_table *table = &command->table;
    struct config_problems problems = {.count = 0};
    void *values = mem_array(1, table->values_size);
    char **paths = mem_array((size_t)argc + 1, sizeof *paths);
    int count = 0;
    int status = COMMAND_BAD;
    if (values == NULL || paths == NULL)
        command_complain(command->name, "no memory");
    else if (!config_read(table, values, NULL, NULL, &problems) ||
             !config_read_words(table, values, argc, argv, paths, &count, &problems))
        status = complain_all(command, &problems);
    else
        status = run_parsed(command, values, paths, count);
    if (values != NULL)
        config_finish(table, values);
    config_problems_finish(&problems);
    free(values);
    free(paths);
    return status;
}

int command_main(int argc, char **argv)
{
    struct buf text = BUF_INIT;
    if (argc < 2)
        return usage("", "a command is missing");
    if (strcmp(argv[1], "--version") == 0) {
        buf_put_text(&text, "omen " OMEN_VERSION "\n");
        return program_print(&text);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(argc - 2, argv + 2);
    if (argc == 3 && strcmp(argv[1], "--print-manual") == 0)
        return print_manual(argv[2]);
    const struct command *command = find(argv[1]);
    if (command == NULL)
        return usage("", "there is no such command");
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return help(1, argv + 1);
    return run(command, argc - 2, argv + 2);
}
