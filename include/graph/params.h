/* An operator's parameters as it asks for them, wherever they come from. The graph floor knows no
 * JSON: a format implements `struct params_source`, the operators call the functions below.
 *
 * Every getter copies into fresh heap memory that the operator owns. `key` is the parameter's name
 * ("coef_"). Errors name the full place in the document. A source remembers which keys were asked
 * for, so that the format can refuse a document with misspelt ones. */
#ifndef OMEN_GRAPH_PARAMS_H
#define OMEN_GRAPH_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "math/matrix.h"

struct params;

/* Lengths and shapes are checked against what the caller expects; PARAMS_ANY accepts any (the
 * actual one is stored). */
#define PARAMS_ANY ((size_t)-1)

struct params_vector {
    double *values;
    size_t count;
};

/* A list whose items are words, numbers or null: categories_, statistics_, labels. */
struct params_value {
    enum { PARAMS_NULL, PARAMS_NUMBER, PARAMS_TEXT } type;
    double number;
    char *text; /* owned; numbers of a PARAMS_NUMBER have none */
};

struct params_list {
    struct params_value *values;
    size_t count;
};

struct params_source {
    bool (*has)(struct params *params, const char *key); /* there and not null */
    bool (*number)(struct params *params, const char *key, double *value, struct err *err);
    bool (*flag)(struct params *params, const char *key, bool *value, struct err *err);
    bool (*text)(struct params *params, const char *key, char **value, struct err *err);
    /* null items of a number array become NaN; "NaN", "Infinity", "-Infinity" are accepted. */
    bool (*vector)(struct params *params, const char *key, struct params_vector *out,
                   struct err *err);
    bool (*matrix)(struct params *params, const char *key, struct matrix *out, struct err *err);
    bool (*list)(struct params *params, const char *key, struct params_list *out, struct err *err);
    /* Number of elements of an array, 0 when absent. */
    size_t (*length)(struct params *params, const char *key);
    /* Element i of an array of objects, arrays or anything: a params of its own that lives as long
     * as its parent. Its key "" means the element itself (a vector in a list of vectors, ...). */
    struct params *(*element)(struct params *params, const char *key, size_t index,
                              struct err *err);
    /* An object. */
    struct params *(*child)(struct params *params, const char *key, struct err *err);
    /* Puts the place in front of a message: "$.steps[1].mean_: expected 4 numbers, got 3". */
    bool (*fail)(struct params *params, const char *key, struct err *err);
};

/* First member of every implementation. */
struct params {
    const struct params_source *source;
};

bool params_has(struct params *params, const char *key);
/* Required ones fail when absent; the _or forms give the default. */
bool params_number(struct params *params, const char *key, double *value, struct err *err);
bool params_number_or(struct params *params, const char *key, double fallback, double *value,
                      struct err *err);
bool params_flag_or(struct params *params, const char *key, bool fallback, bool *value,
                    struct err *err);
/* A required text; the caller frees it. */
bool params_text(struct params *params, const char *key, char **value, struct err *err);
/* An integer in [minimum, maximum]. */
bool params_count_or(struct params *params, const char *key, size_t fallback, size_t minimum,
                     size_t maximum, size_t *value, struct err *err);
/* *index of the text in the NULL-terminated choices; the message lists them. fallback < 0:
 * required. */
bool params_choice_or(struct params *params, const char *key, const char *const *choices,
                      int fallback, int *index, struct err *err);
bool params_vector(struct params *params, const char *key, size_t expected,
                   struct params_vector *out, struct err *err);
bool params_matrix(struct params *params, const char *key, size_t rows, size_t cols,
                   struct matrix *out, struct err *err);
bool params_list(struct params *params, const char *key, size_t expected, struct params_list *out,
                 struct err *err);
/* The source's own length, element and child. */
size_t params_length(struct params *params, const char *key);
struct params *params_element(struct params *params, const char *key, size_t index,
                              struct err *err);
struct params *params_child(struct params *params, const char *key, struct err *err);
/* Fails with the place and a sentence; key "" is the place of params itself. */
bool params_fail(struct params *params, const char *key, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__ /* see err.h */
#define params_fail(...) err_false(params_fail(__VA_ARGS__))
#endif

void params_vector_finish(struct params_vector *vector);
void params_list_finish(struct params_list *list);

#endif
