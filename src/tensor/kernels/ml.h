/* What the kernels of ai.onnx.ml have in common: attributes that are kept, rows of numbers, class
 * labels, and what is done to scores. Where the standard leaves something open, all follow ONNX
 * Runtime, whose numbers people compare with. */
#ifndef OMEN_TENSOR_KERNELS_ML_H
#define OMEN_TENSOR_KERNELS_ML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/kernel.h"

#define ML_TYPES (TYPES_FLOATS | TYPES_INDEX)

/* Lists of an attribute, copied into the arena; data is NULL and count 0 where it is absent. */
struct ml_floats {
    const float *data;
    size_t count;
};
struct ml_ints {
    const int64_t *data;
    size_t count;
};
struct ml_strings {
    const struct value_string *data;
    size_t count;
};
bool ml_copy_floats(const struct attributes *attributes, const char *name, struct arena *arena,
                    struct ml_floats *floats, struct err *err);
bool ml_copy_ints(const struct attributes *attributes, const char *name, struct arena *arena,
                  struct ml_ints *ints, struct err *err);
bool ml_copy_strings(const struct attributes *attributes, const char *name, struct arena *arena,
                     struct ml_strings *strings, struct err *err);
bool ml_copy_string(struct value_string from, struct arena *arena, struct value_string *to,
                    struct err *err);

/* Input i seen as rows of columns: a vector is one row. -1 where it is not known at load. Refuses
 * scalars, more than two dimensions and types that are no numbers. */
bool ml_shape(const struct call *call, size_t i, int64_t *rows, int64_t *columns, struct err *err);
/* At run: input i as dense floats, converted where it has another type. NULL and err. */
const float *ml_floats_of(const struct call *call, size_t i, struct err *err);

/* Class labels are words or numbers. */
struct ml_labels {
    struct ml_strings words;
    struct ml_ints numbers;
};
/* Fails when both or none are given. */
bool ml_labels_read(const struct attributes *attributes, const char *words, const char *numbers,
                    struct arena *arena, struct ml_labels *labels, struct err *err);
static inline size_t ml_labels_count(const struct ml_labels *labels)
{
    return labels->words.count ? labels->words.count : labels->numbers.count;
}
static inline enum value_type ml_labels_type(const struct ml_labels *labels)
{
    return labels->words.count ? VALUE_STRING : VALUE_INT64;
}
/* out: a vector of ml_labels_type. */
void ml_labels_put(const struct ml_labels *labels, size_t label, const struct value *out,
                   size_t row);

enum ml_transform {
    ML_NONE,
    ML_SOFTMAX,
    ML_LOGISTIC,
    ML_SOFTMAX_ZERO,
    ML_PROBIT,
};
bool ml_transform_read(const struct attributes *attributes, enum ml_transform *transform,
                       struct err *err);
float ml_logistic(float x);
float ml_probit(float x);
/* The scores of one row, in place. A lone score is left as it is, but for ML_PROBIT. */
void ml_transform_row(enum ml_transform transform, float *scores, size_t count);
/* The same for many rows, `count` scores each. */
void ml_transform_rows(enum ml_transform transform, float *scores, size_t rows, size_t count);
/* Columns for two classes from the one score of the second: its logistic function and that of its
 * negative; with other transforms `first` and the score. */
void ml_transform_two(enum ml_transform transform, float first, float second, float *scores);

#endif
