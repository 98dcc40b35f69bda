#include "graph/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef params_fail

bool params_has(struct params *params, const char *key)
{
    return params->source->has(params, key);
}

bool params_fail(struct params *params, const char *key, struct err *err, const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(err, ERR_INVALID, "%s", text);
    return params->source->fail(params, key, err);
}

static bool params_require(struct params *params, const char *key, struct err *err)
{
    return params_has(params, key) || params_fail(params, key, err, "is required");
}

bool params_number(struct params *params, const char *key, double *value, struct err *err)
{
    return params_require(params, key, err) && params->source->number(params, key, value, err);
}

bool params_number_or(struct params *params, const char *key, double fallback, double *value,
                      struct err *err)
{
    *value = fallback;
    return !params_has(params, key) || params->source->number(params, key, value, err);
}

bool params_flag_or(struct params *params, const char *key, bool fallback, bool *value,
                    struct err *err)
{
    *value = fallback;
    return !params_has(params, key) || params->source->flag(params, key, value, err);
}

bool params_text(struct params *params, const char *key, char **value, struct err *err)
{
    return params_require(params, key, err) && params->source->text(params, key, value, err);
}

bool params_count_or(struct params *params, const char *key, size_t fallback, size_t minimum,
                     size_t maximum, size_t *value, struct err *err)
{
    *value = fallback;
    if (!params_has(params, key))
        return true;
    double number;
    if (!params->source->number(params, key, &number, err))
        return false;
    if (!(number >= (double)minimum && number <= (double)maximum) || number != floor(number))
        return params_fail(params, key, err, "expected an integer from %zu to %zu", minimum,
                           maximum);
    *value = (size_t)number;
    return true;
}

static void choices_describe(const char *const *choices, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; choices[i] != NULL; i++) {
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s\"%s\"", i > 0 ? ", " : "", choices[i]);
    }
}

bool params_choice_or(struct params *params, const char *key, const char *const *choices,
                      int fallback, int *index, struct err *err)
{
    *index = fallback;
    if (fallback >= 0 && !params_has(params, key))
        return true;
    char *text = NULL;
    if (!params_text(params, key, &text, err))
        return false;
    int found = -1;
    for (int i = 0; choices[i] != NULL && found < 0; i++)
        if (strcmp(choices[i], text) == 0)
            found = i;
    free(text);
    *index = found;
    if (found >= 0)
        return true;
    char list[256];
    choices_describe(choices, list, sizeof list);
    return params_fail(params, key, err, "expected one of %s", list);
}

bool params_vector(struct params *params, const char *key, size_t expected,
                   struct params_vector *out, struct err *err)
{
    *out = (struct params_vector){0};
    if (!params_require(params, key, err) || !params->source->vector(params, key, out, err))
        return false;
    if (expected == PARAMS_ANY || out->count == expected)
        return true;
    params_fail(params, key, err, "expected %zu number%s, got %zu", expected,
                expected == 1 ? "" : "s", out->count);
    params_vector_finish(out);
    return false;
}

static void dimension_describe(size_t dimension, char text[24])
{
    if (dimension == PARAMS_ANY)
        snprintf(text, 24, "n");
    else
        snprintf(text, 24, "%zu", dimension);
}

bool params_matrix(struct params *params, const char *key, size_t rows, size_t cols,
                   struct matrix *out, struct err *err)
{
    *out = (struct matrix){0};
    if (!params_require(params, key, err) || !params->source->matrix(params, key, out, err))
        return false;
    if ((rows == PARAMS_ANY || rows == out->rows) && (cols == PARAMS_ANY || cols == out->cols))
        return true;
    char want_rows[24], want_cols[24];
    dimension_describe(rows, want_rows);
    dimension_describe(cols, want_cols);
    params_fail(params, key, err, "expected %s x %s numbers, got %zu x %zu", want_rows, want_cols,
                out->rows, out->cols);
    matrix_free(out);
    return false;
}

bool params_list(struct params *params, const char *key, size_t expected, struct params_list *out,
                 struct err *err)
{
    *out = (struct params_list){0};
    if (!params_require(params, key, err) || !params->source->list(params, key, out, err))
        return false;
    if (expected == PARAMS_ANY || out->count == expected)
        return true;
    params_fail(params, key, err, "expected %zu item%s, got %zu", expected,
                expected == 1 ? "" : "s", out->count);
    params_list_finish(out);
    return false;
}

size_t params_length(struct params *params, const char *key)
{
    return params->source->length(params, key);
}

struct params *params_element(struct params *params, const char *key, size_t index, struct err *err)
{
    return params->source->element(params, key, index, err);
}

struct params *params_child(struct params *params, const char *key, struct err *err)
{
    return params->source->child(params, key, err);
}

void params_vector_finish(struct params_vector *vector)
{
    if (vector == NULL)
        return;
    free(vector->values);
    *vector = (struct params_vector){0};
}

void params_list_finish(struct params_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->values[i].text);
    free(list->values);
    *list = (struct params_list){0};
}
