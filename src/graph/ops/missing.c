#include "graph/ops/missing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/ops.h"
#include "graph/schema.h"

double missing_word_code(const struct column *column, const char *text)
{
    char normal[32];
    if (schema_normal_text(text, strlen(text), normal, sizeof normal) > 0)
        text = normal;
    for (size_t i = 0; i < column->word_count; i++)
        if (strcmp(column->words[i], text) == 0)
            return (double)i;
    return MISSING_NO_WORD;
}

/* A number, or else a word. */
static bool mark_read(struct params *params, double *number, char **word, struct err *err)
{
    struct err ignored = ERR_INIT;
    *word = NULL;
    if (params_number_or(params, "missing_values", NAN, number, &ignored))
        return true;
    return params_text(params, "missing_values", word, err);
}

static bool mark_of(const struct column *column, double number, const char *word, double *mark,
                    struct params *params, struct err *err)
{
    char text[32];
    *mark = number;
    if (column->words == NULL) {
        return word == NULL ||
               params_fail(params, "missing_values", err, "column '%.64s' holds numbers",
                           column->name != NULL ? column->name : "");
    }
    if (word == NULL && isnan(number))
        return true;
    schema_normal_number(number, text, sizeof text);
    *mark = missing_word_code(column, word != NULL ? word : text);
    return true;
}

bool missing_read(double **marks, struct params *params, const struct columns *in, struct err *err)
{
    double number;
    char *word;
    if (!op_refuse_text(params, in, err))
        return false;
    if (!mark_read(params, &number, &word, err))
        return false;
    *marks = mem_array(in->count, sizeof **marks);
    bool ok = *marks != NULL || err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    for (size_t i = 0; ok && i < in->count; i++)
        ok = mark_of(&in->items[i], number, word, &(*marks)[i], params, err);
    free(word);
    return ok;
}
