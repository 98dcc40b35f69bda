#include "base/config.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/config_private.h"
#include "base/config_value.h"

/* --- problems ------------------------------------------------------------------------------ */

void config_problem_add(struct config_problems *problems, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_put_text(&problems->text, text);
    buf_put_char(&problems->text, '\n');
    problems->count++;
}

bool config_problem_next(struct config_problems *problems, const char **at, char *line, size_t size)
{
    const char *begin = *at != NULL ? *at : buf_text(&problems->text);
    size_t length = strcspn(begin, "\n");
    *at = begin + length + (begin[length] == '\n');
    snprintf(line, size, "%.*s", (int)length, begin);
    return *begin != '\0';
}

void config_problems_finish(struct config_problems *problems)
{
    if (problems == NULL)
        return;
    buf_finish(&problems->text);
    problems->count = 0;
}

/* --- finding options ----------------------------------------------------------------------- */

const struct config_option *config_option_find(const struct config_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->options[i].name, name) == 0)
            return &table->options[i];
    return NULL;
}

/* Edits (insert, delete, replace a character) from one name to the other; V. Levenshtein, 1966. */
static size_t name_distance(const char *a, const char *b)
{
    size_t row[CONFIG_NAME_SIZE + 1];
    size_t width = strlen(b);
    if (width > CONFIG_NAME_SIZE || strlen(a) > CONFIG_NAME_SIZE)
        return SIZE_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            size_t best = diagonal + (tolower((unsigned char)a[i]) != b[j - 1] ? 1 : 0);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

void config_candidate_judge(const char *name, const char *candidate, const char **best,
                            size_t *distance)
{
    size_t edits = name_distance(name, candidate);
    if (edits < *distance && edits <= strlen(candidate) / 3 + 1) {
        *best = candidate;
        *distance = edits;
    }
}

const char *config_option_guess(const struct config_table *table, const char *name)
{
    const char *best = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++)
        config_candidate_judge(name, table->options[i].name, &best, &distance);
    return best;
}

/* --- defaults ------------------------------------------------------------------------------ */

bool config_defaults(const struct config_table *table, void *values, struct err *err)
{
    struct buf wrong = BUF_INIT;
    bool ok = true;
    for (size_t i = 0; ok && i < table->count; i++) {
        const struct config_option *option = &table->options[i];
        ok = config_value_set(option, values, option->value, &wrong);
        if (!ok)
            err_set(err, ERR_INTERNAL, "default of %s: %s", option->name, buf_text(&wrong));
    }
    buf_finish(&wrong);
    return ok;
}

void config_finish(const struct config_table *table, void *values)
{
    for (size_t i = 0; i < table->count; i++)
        config_value_clear(&table->options[i], values);
    memset(values, 0, table->values_size);
}
