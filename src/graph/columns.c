#include "graph/columns.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "graph/ops/ops.h"

/* A model is read by one thread from its beginning to its end. */
static _Thread_local size_t columns_made;

void columns_limit_begin(void)
{
    columns_made = 0;
}

static bool columns_count(size_t count, struct err *err)
{
    if (count > COLUMNS_MADE_MAX - columns_made)
        return err_set(err, ERR_LIMIT, "more than %zu columns and words in all steps together",
                       COLUMNS_MADE_MAX);
    columns_made += count;
    return true;
}

static void column_finish(struct column *column)
{
    free(column->name);
    for (size_t i = 0; column->words != NULL && i < column->word_count; i++)
        free(column->words[i]);
    free(column->words);
    *column = (struct column){0};
}

void columns_finish(struct columns *columns)
{
    if (columns == NULL)
        return;
    for (size_t i = 0; i < columns->count; i++)
        column_finish(&columns->items[i]);
    free(columns->items);
    *columns = (struct columns){0};
}

bool columns_init(struct columns *columns, size_t count, struct err *err)
{
    *columns = (struct columns){0};
    if (count > OP_COLUMNS_MAX)
        return err_set(err, ERR_LIMIT, "%zu columns; at most %zu are accepted", count,
                       OP_COLUMNS_MAX);
    if (!columns_count(count, err))
        return false;
    columns->items = mem_array(count, sizeof *columns->items);
    if (columns->items == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    columns->count = count;
    return true;
}

static bool column_set_words(struct column *column, char *const *words, size_t word_count,
                             struct err *err)
{
    if (!columns_count(word_count, err))
        return false;
    char **copies = mem_array(word_count, sizeof *copies);
    if (copies == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's words");
    column->words = copies;
    column->word_count = word_count;
    for (size_t i = 0; i < word_count; i++) {
        copies[i] = mem_copy_text(words[i], strlen(words[i]));
        if (copies[i] == NULL)
            return err_set(err, ERR_MEMORY, "no memory for a column's words");
    }
    return true;
}

bool column_set(struct column *column, const char *name, char *const *words, size_t word_count,
                struct err *err)
{
    struct column fresh = {0};
    if (name != NULL && (fresh.name = mem_copy_text(name, strlen(name))) == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's name");
    if (words != NULL && !column_set_words(&fresh, words, word_count, err)) {
        column_finish(&fresh);
        return false;
    }
    column_finish(column);
    *column = fresh;
    return true;
}

bool column_copy(struct column *to, const struct column *from, struct err *err)
{
    bool is_text = from->is_text;
    if (!column_set(to, from->name, from->words, from->word_count, err))
        return false;
    to->is_text = is_text;
    return true;
}

bool column_set_formatted(struct column *column, struct err *err, const char *format, ...)
{
    char *name = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&name, format, arguments);
    va_end(arguments);
    if (length < 0)
        return err_set(err, ERR_MEMORY, "no memory for a column's name");
    column_finish(column);
    column->name = name;
    return true;
}

/* Names to positions. A name that two columns have is remembered as ambiguous. */
struct names {
    struct strmap map;
    bool *ambiguous; /* by position */
};

static void names_finish(struct names *names)
{
    strmap_finish(&names->map);
    free(names->ambiguous);
}

static bool names_init(struct names *names, const struct columns *in, struct err *err)
{
    *names = (struct names){.ambiguous = mem_array(in->count, sizeof(bool))};
    bool ok = names->ambiguous != NULL;
    for (size_t i = 0; ok && i < in->count; i++) {
        const char *name = in->items[i].name;
        uint32_t existing = STRMAP_NONE;
        if (name != NULL)
            ok = strmap_add(&names->map, name, strlen(name), (uint32_t)i, &existing);
        if (ok && existing != STRMAP_NONE)
            names->ambiguous[existing] = true;
    }
    if (ok)
        return true;
    names_finish(names);
    return err_set(err, ERR_MEMORY, "no memory for the names of %zu columns", in->count);
}

static void columns_describe(const struct columns *in, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < in->count; i++) {
        const char *name = in->items[i].name != NULL ? in->items[i].name : "(no name)";
        int written = snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", name);
        if (written < 0 || (size_t)written >= size - length) {
            snprintf(text + (length < size - 6 ? length : size - 6), 6, ", ...");
            return;
        }
        length += (size_t)written;
    }
}

static bool name_resolve(struct params *params, const char *key, const struct names *names,
                         const struct columns *in, const char *name, size_t *index, struct err *err)
{
    uint32_t found = strmap_get(&names->map, name, strlen(name));
    if (found == STRMAP_NONE) {
        char there[320];
        columns_describe(in, there, sizeof there);
        return params_fail(params, key, err, "there is no column '%.64s'; there are: %s", name,
                           there);
    }
    if (names->ambiguous[found])
        return params_fail(params, key, err, "more than one column is named '%.64s'", name);
    *index = found;
    return true;
}

static bool list_resolve(struct params *params, const char *key, const struct names *names,
                         const struct columns *in, const struct params_list *list, size_t *indices,
                         struct err *err)
{
    bool *taken = mem_array(in->count, sizeof *taken);
    bool ok = taken != NULL || err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    for (size_t i = 0; ok && i < list->count; i++) {
        const struct params_value *value = &list->values[i];
        if (value->type != PARAMS_TEXT)
            ok = params_fail(params, key, err, "expected names of columns");
        else
            ok = name_resolve(params, key, names, in, value->text, &indices[i], err);
        if (ok && taken[indices[i]])
            ok = params_fail(params, key, err, "column '%.64s' is there twice", value->text);
        if (ok)
            taken[indices[i]] = true;
    }
    free(taken);
    return ok;
}

bool columns_resolve(struct params *params, const char *key, const struct columns *in,
                     size_t **indices, size_t *count, struct err *err)
{
    struct params_list list;
    struct names names;
    *indices = NULL;
    *count = 0;
    if (!params_list(params, key, PARAMS_ANY, &list, err))
        return false;
    bool ok = list.count > 0 || params_fail(params, key, err, "names no column");
    ok = ok && names_init(&names, in, err);
    if (ok) {
        *indices = mem_array(list.count, sizeof **indices);
        *count = list.count;
        ok = *indices != NULL || err_set(err, ERR_MEMORY, "no memory for %zu columns", list.count);
        ok = ok && list_resolve(params, key, &names, in, &list, *indices, err);
        names_finish(&names);
    }
    params_list_finish(&list);
    if (!ok) {
        free(*indices);
        *indices = NULL;
        *count = 0;
    }
    return ok;
}

bool columns_copy(struct columns *to, const struct columns *from, struct err *err)
{
    if (!columns_init(to, from->count, err))
        return false;
    for (size_t i = 0; i < from->count; i++)
        if (!column_copy(&to->items[i], &from->items[i], err)) {
            columns_finish(to);
            return false;
        }
    return true;
}

bool columns_select(struct columns *to, const struct columns *from, const size_t *indices,
                    size_t count, struct err *err)
{
    if (!columns_init(to, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!column_copy(&to->items[i], &from->items[indices[i]], err)) {
            columns_finish(to);
            return false;
        }
    return true;
}

void columns_gather(const struct matrix *in, const size_t *indices, size_t count,
                    struct matrix *out)
{
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(out, row);
        for (size_t i = 0; i < count; i++)
            to[i] = from[indices[i]];
    }
}
