/* A value of a model document together with its place, for readers that explain what they refuse:
 * "$.inputs[2].type: expected a text, not a number". */
#ifndef OMEN_FORMATS_NODE_H
#define OMEN_FORMATS_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "codec/json.h"
#include "graph/params.h"

struct node {
    const struct json *value;
    struct json_place place; /* points to the parent's, which has to outlive it */
};

/* False when the member is absent or null; *member carries its place all the same. */
bool node_member(const struct node *object, const char *key, struct node *member);
struct node node_element(const struct node *array, size_t index);

/* Fails with the place in front of the sentence. */
bool node_fail(const struct node *node, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts the place in front of a sentence that is already there. */
bool node_prefix(const struct node *node, struct err *err);
#ifdef __clang_analyzer__ /* see err.h */
#define node_fail(...) err_false(node_fail(__VA_ARGS__))
#define node_prefix(...) err_false(node_prefix(__VA_ARGS__))
#endif

bool node_expect(const struct node *node, enum json_type type, struct err *err);
/* Refuses members that are not in the NULL-terminated list, with a guess what was meant. */
bool node_only(const struct node *object, const char *const *known, struct err *err);
/* The one of `known` that word is most likely a misspelling of, or NULL. */
const char *node_guess(const char *word, const char *const *known);

/* A NUL-terminated copy; a text with U+0000 in it is refused. */
bool node_text(const struct node *node, char **text, struct err *err);
/* Also "NaN", "Infinity", "-Infinity"; a number that overflows is refused. */
bool node_number(const struct node *node, double *number, struct err *err);
bool node_finite(const struct node *node, double *number, struct err *err);
bool node_flag(const struct node *node, bool *flag, struct err *err);
/* A list of numbers, null is NaN. */
bool node_vector(const struct node *node, struct params_vector *vector, struct err *err);
bool node_matrix(const struct node *node, struct matrix *matrix, struct err *err);
/* A list of words, numbers and null. */
bool node_list(const struct node *node, struct params_list *list, struct err *err);
/* A word, a number or null. */
bool node_word(const struct node *node, struct params_value *word, struct err *err);

/* Members that may be absent: the variable keeps what it holds. */
bool node_text_or(const struct node *object, const char *key, char **text, struct err *err);
bool node_finite_or(const struct node *object, const char *key, double *number, struct err *err);
bool node_flag_or(const struct node *object, const char *key, bool *flag, struct err *err);

#endif
