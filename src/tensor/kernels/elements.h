/* Loops over elements that several kernels share. */
#ifndef OMEN_TENSOR_KERNELS_ELEMENTS_H
#define OMEN_TENSOR_KERNELS_ELEMENTS_H

#include "math/clones.h"
#include "tensor/kernel.h"

/* In front of a loop whose step i reads element i before it writes element i, which may be the same
 * place: gcc then does not look for overlaps. (clang takes such a wish for an order, and complains
 * of each loop that it cannot turn into vectors.) */
#ifdef __clang__
#define ELEMENTWISE
#else
#define ELEMENTWISE _Pragma("GCC ivdep")
#endif

/* X(type, C type, field of struct value) for each type that numbers are computed in. */
#define EACH_FLOAT(X)             \
    X(VALUE_FLOAT, float, floats) \
    X(VALUE_DOUBLE, double, doubles)
#define EACH_SIGNED(X)              \
    X(VALUE_INT8, int8_t, int8s)    \
    X(VALUE_INT16, int16_t, int16s) \
    X(VALUE_INT32, int32_t, int32s) \
    X(VALUE_INT64, int64_t, int64s)
#define EACH_UNSIGNED(X)               \
    X(VALUE_UINT8, uint8_t, uint8s)    \
    X(VALUE_UINT16, uint16_t, uint16s) \
    X(VALUE_UINT32, uint32_t, uint32s) \
    X(VALUE_UINT64, uint64_t, uint64s)
#define EACH_INTEGER(X) EACH_SIGNED(X) EACH_UNSIGNED(X)
#define EACH_NUMBER(X) EACH_FLOAT(X) EACH_INTEGER(X)

/* The same shape and type as input 0. */
bool infer_like_first(const struct call *call, struct err *err);

/* What numpy makes of two shapes; VALUE_ANY where it is not known. Refuses shapes that do not fit.
 * dims has room for VALUE_RANK_MAX and may be a's or b's. */
bool broadcast_dims(const struct call *call, const int64_t *a, int a_rank, const int64_t *b,
                    int b_rank, int64_t *dims, int *rank, struct err *err);

/* Elements of `from` taken in the order of a shape `dims`, by a step for each dimension (in
 * elements; 0 repeats, negative goes back), from the element at `start`, into a dense block. */
struct strided {
    int rank;
    int64_t dims[VALUE_RANK_MAX];
    int64_t steps[VALUE_RANK_MAX];
    int64_t start;
};
void strided_copy(const struct strided *strided, const void *from, void *to, size_t element_size);

/* Steps of a dense tensor. */
void dense_steps(const int64_t *dims, int rank, int64_t *steps);
/* Steps with which `value` is read in a shape it is broadcast to: 0 where it is repeated. */
void broadcast_steps(const struct value *value, int rank, int64_t *steps);

/* Product of dims[first] .. dims[last - 1]. */
size_t dims_product(const int64_t *dims, int first, int last);

/* Two tensors that are read together in a shape: as few dimensions as possible, the last one the
 * inner loop, in which each goes on by one element or stays. */
struct pairing {
    int rank; /* of the outer loops */
    int64_t dims[VALUE_RANK_MAX];
    int64_t left[VALUE_RANK_MAX], right[VALUE_RANK_MAX]; /* steps in elements */
    size_t inner;
    bool left_moves, right_moves;
};
void pairing_init(struct pairing *pairing, const struct value *out, const struct value *left,
                  const struct value *right);
/* The places of the next inner loop; false after the last. index: zeroed before the first. */
struct pairing_at {
    int64_t index[VALUE_RANK_MAX];
    size_t left, right, out;
    bool ended;
};
void pairing_next(const struct pairing *pairing, struct pairing_at *at);

/* Input i as a list of int64, at load and at run: false only when it is of another type. *known is
 * false when its elements are not known yet, *count is VALUE_ANY when not even their number is. */
bool call_integers(const struct call *call, size_t i, int64_t *values, int max, int64_t *count,
                   bool *known, struct err *err);

#endif
