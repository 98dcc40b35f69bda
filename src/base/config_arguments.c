/* Options from the environment and from the command line, and which of all sources is stronger. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/config_private.h"
#include "base/config_value.h"

/* Writes PREFIX_READ_TIMEOUT for read-timeout. */
static void variable_name(const struct config_table *table, const struct config_option *option,
                          char *name, size_t size)
{
    snprintf(name, size, "%s_%s", table->environment, option->name);
    for (char *c = name + strlen(table->environment); *c != '\0'; c++)
        *c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
}

const char *config_variable_find(char **environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

bool config_read_environment(const struct config_table *table, void *values, char **environment,
                             struct config_problems *problems)
{
    size_t before = problems->count;
    struct buf wrong = BUF_INIT;
    for (size_t i = 0; i < table->count; i++) {
        char name[128];
        variable_name(table, &table->options[i], name, sizeof name);
        const char *text = config_variable_find(environment, name);
        if (text != NULL && !config_value_set(&table->options[i], values, text, &wrong))
            config_problem_add(problems, "%s: %s", name, buf_text(&wrong));
    }
    buf_finish(&wrong);
    return problems->count == before;
}

/* The option of --name, --name=value or, for a bool, --no-name, which is then the value "no". */
static const struct config_option *flag_find(const struct config_table *table, const char *flag,
                                             const char **value)
{
    char name[CONFIG_NAME_SIZE];
    size_t length = strcspn(flag, "=");
    *value = flag[length] == '=' ? flag + length + 1 : NULL;
    if (length >= sizeof name)
        return NULL;
    memcpy(name, flag, length);
    name[length] = '\0';
    const struct config_option *option = config_option_find(table, name);
    if (option != NULL || strncmp(name, "no-", 3) != 0 || *value != NULL)
        return option;
    option = config_option_find(table, name + 3);
    if (option == NULL || option->type != CONFIG_BOOL)
        return NULL;
    *value = "no";
    return option;
}

static void flag_unknown(const struct config_table *table, const char *flag,
                         struct config_problems *problems)
{
    char name[CONFIG_NAME_SIZE];
    int length = (int)strcspn(flag, "=");
    snprintf(name, sizeof name, "%.*s", length, flag);
    const char *guess = config_option_guess(table, name);
    if (guess != NULL)
        config_problem_add(problems, "--%s: there is no such flag; did you mean --%s?", name,
                           guess);
    else
        config_problem_add(problems, "--%s: there is no such flag; --help lists them", name);
}

bool config_read_arguments(const struct config_table *table, void *values, int count,
                           char **arguments, int *next, struct config_problems *problems)
{
    size_t before = problems->count;
    struct buf wrong = BUF_INIT;
    int at = 0;
    while (at < count && strncmp(arguments[at], "--", 2) == 0) {
        const char *flag = arguments[at++] + 2;
        if (*flag == '\0')
            break; /* "--" ends the flags */
        const char *value;
        const struct config_option *option = flag_find(table, flag, &value);
        if (option == NULL) {
            flag_unknown(table, flag, problems);
            continue;
        }
        if (value == NULL && option->type == CONFIG_BOOL)
            value = "yes";
        else if (value == NULL && at < count)
            value = arguments[at++];
        if (value == NULL)
            config_problem_add(problems, "--%s: needs a value; write --%s=VALUE", option->name,
                               option->name);
        else if (!config_value_set(option, values, value, &wrong))
            config_problem_add(problems, "--%s: %s", option->name, buf_text(&wrong));
    }
    *next = at;
    buf_finish(&wrong);
    return problems->count == before;
}

bool config_read(const struct config_table *table, void *values, const char *path,
                 char **environment, struct config_problems *problems)
{
    struct err err = ERR_INIT;
    if (!config_defaults(table, values, &err)) {
        config_problem_add(problems, "%s", err.text);
        return false;
    }
    bool ok = true;
    if (path != NULL && path[0] != '\0')
        ok = config_read_file(table, values, path, problems);
    if (environment != NULL)
        ok = config_read_environment(table, values, environment, problems) && ok;
    return ok;
}

bool config_read_words(const struct config_table *table, void *values, int count, char **arguments,
                       char **words, int *word_count, struct config_problems *problems)
{
    bool ok = true;
    int end = 0;
    while (end < count && strcmp(arguments[end], "--") != 0)
        end++;
    *word_count = 0;
    for (int i = 0; i < end;) {
        int next = 0;
        ok = config_read_arguments(table, values, end - i, arguments + i, &next, problems) && ok;
        i += next;
        if (i < end)
            words[(*word_count)++] = arguments[i++];
    }
    for (int i = end + 1; i < count; i++)
        words[(*word_count)++] = arguments[i];
    return ok;
}
