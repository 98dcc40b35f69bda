#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_private.h"

static void put_flag(struct buf *out, const char *flag, const char *help)
{
    buf_printf(out, "  %s\n", flag);
    config_put_wrapped(out, "      ", help);
}

static void put_help(const struct program *program, struct buf *out)
{
    program->print_usage(out);
    buf_put_char(out, '\n');
    if (program->reads_file) {
        buf_printf(out, "  --config FILE\n      Read options from FILE (also: %s_CONFIG).\n",
                   program->table->environment);
        put_flag(out, "--print-sample",
                 "Print a configuration file of all options with their defaults, commented out.");
    }
    for (const struct program_flag *own = program->flags; own != NULL && own->flag != NULL; own++)
        put_flag(out, own->flag, own->help);
    put_flag(out, "--print-manual", "Print the manual page's list of options.");
    put_flag(out, "--version", "Print the version.");
    put_flag(out, "--help", "Print this.");
    buf_printf(out, "\nOptions, strongest first: flag, environment variable, %sdefault.\n\n",
               program->reads_file ? "file, " : "");
    config_print_help(program->table, out);
}

static void put_version(const struct program *program, struct buf *out)
{
    buf_printf(out, "%s " OMEN_VERSION "\n", program->name);
}

static void put_manual(const struct program *program, struct buf *out)
{
    config_print_manual(program->table, out);
}

static void put_sample(const struct program *program, struct buf *out)
{
    config_print_sample(program->table, out);
}

bool program_describe(const struct program *program, const char *flag, struct buf *out)
{
    static const struct {
        const char *flag;
        void (*put)(const struct program *program, struct buf *out);
    } answers[] = {
        {"--help", put_help},
        {"--version", put_version},
        {"--print-manual", put_manual},
        {"--print-sample", put_sample},
    };
    size_t count = sizeof answers / sizeof answers[0] - !program->reads_file;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(flag, answers[i].flag) != 0)
            continue;
        if (out != NULL)
            answers[i].put(program, out);
        return true;
    }
    return false;
}

const char *program_flag_value(char **arguments, int count, int *at, const char *flag)
{
    size_t length = strlen(flag);
    const char *argument = arguments[*at];
    if (strncmp(argument, flag, length) != 0)
        return NULL;
    if (argument[length] == '=')
        return argument + length + 1;
    if (argument[length] != '\0')
        return NULL;
    return *at + 1 < count ? arguments[++*at] : "";
}

bool program_take_file(const struct program *program, char **environment, int *count,
                       char **arguments, const char **path, struct config_problems *problems)
{
    char variable[CONFIG_NAME_SIZE];
    bool ok = true;
    int kept = 0;
    int at = 0;
    snprintf(variable, sizeof variable, "%s_CONFIG", program->table->environment);
    *path = config_variable_find(environment, variable);
    for (; at < *count && strcmp(arguments[at], "--") != 0; at++) {
        char *argument = arguments[at];
        const char *file = program_flag_value(arguments, *count, &at, "--config");
        if (file == NULL) {
            arguments[kept++] = argument;
        } else if (file[0] != '\0') {
            *path = file;
        } else {
            config_problem_add(problems, "--config: needs a value; write --config=FILE");
            ok = false;
        }
    }
    while (at < *count)
        arguments[kept++] = arguments[at++];
    *count = kept;
    return ok;
}

int program_tell(const char *name, struct config_problems *problems)
{
    const char *at = NULL;
    char line[1024];
    while (config_problem_next(problems, &at, line, sizeof line))
        fprintf(stderr, "%s: %s\n", name, line);
    return PROGRAM_USAGE;
}

int program_print(struct buf *text)
{
    bool ok = !text->failed && fwrite(text->data, 1, text->length, stdout) == text->length;
    ok = fflush(stdout) == 0 && ok;
    buf_finish(text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
