#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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

int command_print(struct buf *text)
{
    bool ok = !text->failed && fwrite(text->data, 1, text->length, stdout) == text->length;
    ok = fflush(stdout) == 0 && ok;
    buf_finish(text);
    return ok ? COMMAND_GOOD : COMMAND_BAD;
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
    return command_print(&text);
}

/* The manual page's list of a command's options, for the page and its test. */
static int print_manual(const char *name)
{
    struct buf text = BUF_INIT;
    const struct command *command = find(name);
    if (command == NULL)
        return usage("", "there is no such command");
    config_print_manual(&command->table, &text);
    return command_print(&text);
}

/* --- one command's arguments --------------------------------------------------------------- */

struct arguments {
    void *values;
    char **paths;
    int count;
};

static bool problems_tell(const struct command *command, struct config_problems *problems)
{
    const char *line = buf_text(&problems->text);
    while (*line != '\0') {
        int length = (int)strcspn(line, "\n");
        command_complain(command->name, "%.*s", length, line);
        line += length + (line[length] == '\n');
    }
    return false;
}

/* Flags and paths in any order; behind "--" there are paths only. */
static bool parse(const struct command *command, int argc, char **argv, struct arguments *arguments,
                  struct config_problems *problems)
{
    int end = 0;
    while (end < argc && strcmp(argv[end], "--") != 0)
        end++;
    bool ok = true;
    for (int i = 0; i < end;) {
        int next = 0;
        ok = config_read_arguments(&command->table, arguments->values, end - i, argv + i, &next,
                                   problems) &&
             ok;
        i += next;
        if (i < end)
            arguments->paths[arguments->count++] = argv[i++];
    }
    for (int i = end + 1; i < argc; i++)
        arguments->paths[arguments->count++] = argv[i];
    return ok || problems_tell(command, problems);
}

static int run_parsed(const struct command *command, const struct arguments *arguments)
{
    if (arguments->count < command->paths_least)
        return usage(command->name, "a path is missing");
    if (arguments->count > command->paths_most)
        return usage(command->name, "too many paths");
    return command->run(arguments->values, arguments->paths, arguments->count);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct config_problems problems = {.count = 0};
    struct err err = ERR_INIT;
    struct arguments arguments = {
        .values = mem_array(1, command->table.values_size),
        .paths = mem_array((size_t)argc + 1, sizeof *arguments.paths),
    };
    int status = COMMAND_BAD;
    if (arguments.values == NULL || arguments.paths == NULL)
        command_complain(command->name, "no memory");
    else if (!config_defaults(&command->table, arguments.values, &err))
        command_complain(command->name, "%s", err.text);
    else if (!parse(command, argc, argv, &arguments, &problems))
        status = COMMAND_USAGE;
    else
        status = run_parsed(command, &arguments);
    if (arguments.values != NULL)
        config_finish(&command->table, arguments.values);
    config_problems_finish(&problems);
    free(arguments.values);
    free(arguments.paths);
    return status;
}

int command_main(int argc, char **argv)
{
    struct buf text = BUF_INIT;
    if (argc < 2)
        return usage("", "a command is missing");
    if (strcmp(argv[1], "--version") == 0) {
        buf_put_text(&text, "omen " OMEN_VERSION "\n");
        return command_print(&text);
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
