/* What a node's author fixed: named constants, handed to a kernel when the node is made.
 * Independent of the file they came from. Everything is borrowed: it lives until the node is made,
 * so a kernel copies what it keeps into the program's arena. */
#ifndef OMEN_TENSOR_ATTRIBUTES_H
#define OMEN_TENSOR_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tensor/value.h"

struct program;

enum attribute_kind {
    ATTRIBUTE_FLOAT,
    ATTRIBUTE_INT,
    ATTRIBUTE_STRING,
    ATTRIBUTE_TENSOR,
    ATTRIBUTE_GRAPH,
    ATTRIBUTE_FLOATS,
    ATTRIBUTE_INTS,
    ATTRIBUTE_STRINGS,
};

struct attribute {
    const char *name;
    enum attribute_kind kind;
    float number;
    int64_t integer;
    struct value_string string;
    struct value tensor;
    struct program *graph; /* a kernel that asks for it with attributes_graph **takes** it */
    const float *numbers;  /* numbers, integers, strings: `count` of the kind that is set */
    const int64_t *integers;
    const struct value_string *strings;
    size_t count;
};

struct attributes {
    struct attribute *items;
    size_t count;
};

/* NULL when there is none of that name. */
const struct attribute *attributes_find(const struct attributes *attributes, const char *name);
bool attributes_has(const struct attributes *attributes, const char *name);

/* Each leaves the caller's default where the attribute is absent, and fails, naming it, when it is
 * there with another type. */
bool attributes_int(const struct attributes *attributes, const char *name, int64_t *value,
                    struct err *err);
/* 0 or 1, as ONNX writes truth. */
bool attributes_bool(const struct attributes *attributes, const char *name, bool *value,
                     struct err *err);
bool attributes_float(const struct attributes *attributes, const char *name, float *value,
                      struct err *err);
bool attributes_string(const struct attributes *attributes, const char *name,
                       struct value_string *value, struct err *err);
/* The position of the string in a NULL-terminated list; another string is refused. */
bool attributes_choice(const struct attributes *attributes, const char *name,
                       const char *const *choices, int *value, struct err *err);
/* NULL and 0 where absent. */
bool attributes_ints(const struct attributes *attributes, const char *name, const int64_t **values,
                     size_t *count, struct err *err);
bool attributes_floats(const struct attributes *attributes, const char *name, const float **values,
                       size_t *count, struct err *err);
bool attributes_strings(const struct attributes *attributes, const char *name,
                        const struct value_string **values, size_t *count, struct err *err);
/* NULL where absent. */
bool attributes_tensor(const struct attributes *attributes, const char *name,
                       const struct value **value, struct err *err);
/* **Takes** the graph out of the attribute, so the caller destroys it (program_destroy). NULL where
 * absent. */
bool attributes_graph(const struct attributes *attributes, const char *name, struct program **graph,
                      struct err *err);

#endif
