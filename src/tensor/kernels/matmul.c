/* MatMul and Gemm. */
#include <string.h>

#include "math/linalg.h"
#include "tensor/kernels/elements.h"
#include "tensor/kernels/gemm.h"
#include "tensor/kernels/kernels.h"

#define TYPES_MATMUL (TYPES_FLOATS | TYPES_INDEX | TYPE_BIT(VALUE_UINT32) | TYPE_BIT(VALUE_UINT64))

static bool check_inner(const struct call *call, int64_t a, int64_t b, struct err *err)
{
    if (a >= 0 && b >= 0 && a != b)
        return call_fail(call, err, ERR_INVALID,
                         "the matrices do not fit together: %lld columns, %lld rows", (long long)a,
                         (long long)b);
    return true;
}

/* c += a b in unsigned arithmetic, which wraps around. */
#define MULTIPLY(NAME, T)                                                              \
    static void NAME(const struct linalg_product *shape, const T *a, const T *b, T *c) \
    {                                                                                  \
        size_t a_row = shape->transposed_a ? 1 : shape->k,                             \
               a_step = shape->transposed_a ? shape->m : 1;                            \
        size_t b_row = shape->transposed_b ? 1 : shape->n,                             \
               b_step = shape->transposed_b ? shape->k : 1;                            \
        for (size_t i = 0; i < shape->m; i++) {                                        \
            for (size_t l = 0; l < shape->k; l++) {                                    \
                T x = a[i * a_row + l * a_step];                                       \
                for (size_t j = 0; j < shape->n; j++)                                  \
                    c[i * shape->n + j] += x * b[l * b_row + j * b_step];              \
            }                                                                          \
        }                                                                              \
    }
MULTIPLY(multiply_64, uint64_t)
MULTIPLY(multiply_32, uint32_t)

static void multiply(const struct linalg_product *shape, enum value_type type, const void *a,
                     const void *b, void *c)
{
    if (type == VALUE_FLOAT)
        linalg_multiply_single(shape, a, b, c);
    else if (type == VALUE_DOUBLE)
        linalg_multiply(shape, a, b, c);
    else if (value_type_size(type) == sizeof(uint64_t))
        multiply_64(shape, a, b, c);
    else
        multiply_32(shape, a, b, c);
}

/* The sizes are what CBLAS can count, and the products what a run may do. */
static bool fits(const struct call *call, const struct linalg_product *shape, size_t times,
                 struct err *err)
{
    uint64_t work;
    if (!linalg_size_fits(shape->m, shape->n) || !linalg_size_fits(shape->k, shape->n) ||
        __builtin_mul_overflow((uint64_t)shape->m, (uint64_t)shape->n, &work) ||
        __builtin_mul_overflow(work, (uint64_t)shape->k, &work) ||
        __builtin_mul_overflow(work, (uint64_t)times, &work))
        return call_fail(call, err, ERR_LIMIT, "a matrix is too large");
    return memory_work(call->memory, work / 8, err);
}

/* ---- MatMul, as numpy's: the last two dimensions are matrices, those before are broadcast ---- */

static bool infer_matmul(const struct call *call, struct err *err)
{
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    int64_t dims[VALUE_RANK_MAX + 2];
    int rank;
    if (!call_check_type(call, 0, TYPES_MATMUL, err) || !call_check_same_type(call, 0, 1, err))
        return false;
    if (a->rank == 0 || b->rank == 0)
        return call_fail(call, err, ERR_INVALID, "a number is no matrix");
    int a_outer = a->rank > 2 ? a->rank - 2 : 0, b_outer = b->rank > 2 ? b->rank - 2 : 0;
    if (!check_inner(call, a->dims[a->rank - 1], b->dims[b->rank > 1 ? b->rank - 2 : 0], err) ||
        !broadcast_dims(call, a->dims, a_outer, b->dims, b_outer, dims, &rank, err))
        return false;
    if (a->rank > 1)
        dims[rank++] = a->dims[a->rank - 2];
    if (b->rank > 1)
        dims[rank++] = b->dims[b->rank - 1];
    return call_set_shape(call, 0, a->type, dims, rank, err);
}

/* The matrices of a tensor as one dimension each. */
static struct value outer_of(const struct value *value, int rank)
{
    struct value outer = {.kind = VALUE_TENSOR, .type = value->type, .rank = rank > 0 ? rank : 0};
    memcpy(outer.dims, value->dims, (size_t)outer.rank * sizeof *outer.dims);
    return outer;
}

static bool run_matmul(const struct call *call, struct err *err)
{
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    size_t size = value_type_size(a->type);
    struct linalg_product shape = {
        .m = a->rank > 1 ? (size_t)a->dims[a->rank - 2] : 1,
        .k = (size_t)a->dims[a->rank - 1],
        .n = b->rank > 1 ? (size_t)b->dims[b->rank - 1] : 1,
    };
    memset(out->data, 0, out->count * size);
    if (out->count == 0)
        return true;
    if (b->rank <= 2 && a->rank > 2) /* one matrix for all: one product */
        shape.m = out->count / shape.n;
    if (!fits(call, &shape, out->count / shape.m / shape.n, err))
        return false;
    if (b->rank <= 2) {
        multiply(&shape, a->type, a->data, b->data, out->data);
        return true;
    }
    int vectors = (a->rank == 1) + (b->rank == 1);
    struct value a_outer = outer_of(a, a->rank - 2), b_outer = outer_of(b, b->rank - 2);
    struct value out_outer = outer_of(out, out->rank - 2 + vectors);
    struct pairing pairing;
    struct pairing_at at = {0};
    pairing_init(&pairing, &out_outer, &a_outer, &b_outer);
    for (; !at.ended; pairing_next(&pairing, &at)) {
        for (size_t i = 0; i < pairing.inner; i++) {
            size_t left = at.left + (pairing.left_moves ? i : 0);
            size_t right = at.right + (pairing.right_moves ? i : 0);
            multiply(&shape, a->type, a->uint8s + left * shape.m * shape.k * size,
                     b->uint8s + right * shape.k * shape.n * size,
                     out->uint8s + (at.out + i) * shape.m * shape.n * size);
        }
    }
    return true;
}

const struct kernel kernel_matmul = {
    .domain = "",
    .name = "MatMul",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .infer = infer_matmul,
    .run = run_matmul,
};

/* ---- Gemm: alpha A B + beta C ---- */

static bool create_gemm(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    struct gemm *self = node->state;
    (void)arena;
    self->alpha = self->beta = 1;
    return attributes_float(attributes, "alpha", &self->alpha, err) &&
           attributes_float(attributes, "beta", &self->beta, err) &&
           attributes_bool(attributes, "transA", &self->transposed_a, err) &&
           attributes_bool(attributes, "transB", &self->transposed_b, err);
}

static bool infer_gemm(const struct call *call, struct err *err)
{
    const struct gemm *self = call->node->state;
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    const struct value *c = call_input(call, 2);
    if (!call_check_type(call, 0, TYPES_MATMUL, err) || !call_check_same_type(call, 0, 1, err) ||
        !call_check_same_type(call, 0, 2, err))
        return false;
    if (a->rank != 2 || b->rank != 2)
        return call_fail(call, err, ERR_INVALID, "its inputs must be matrices");
    int64_t dims[VALUE_RANK_MAX] = {a->dims[self->transposed_a ? 1 : 0],
                                    b->dims[self->transposed_b ? 0 : 1]};
    int64_t as_known[2] = {dims[0], dims[1]};
    int rank = 2;
    if (!check_inner(call, a->dims[self->transposed_a ? 0 : 1], b->dims[self->transposed_b ? 1 : 0],
                     err))
        return false;
    if (c != NULL && !broadcast_dims(call, dims, 2, c->dims, c->rank, dims, &rank, err))
        return false;
    if (rank != 2 || (as_known[0] >= 0 && dims[0] != as_known[0]) ||
        (as_known[1] >= 0 && dims[1] != as_known[1]))
        return call_fail(call, err, ERR_INVALID, "C is larger than the product");
    return call_set_shape(call, 0, a->type, as_known, 2, err);
}

#define SCALE(NAME, T)                             \
    static void NAME(T *x, size_t count, T factor) \
    {                                              \
        for (size_t i = 0; i < count; i++)         \
            x[i] *= factor;                        \
    }
SCALE(scale_float, float)
SCALE(scale_double, double)
SCALE(scale_64, uint64_t)
SCALE(scale_32, uint32_t)

static void scale(const struct value *value, float factor)
{
    if (factor == 1)
        return;
    if (value->type == VALUE_FLOAT)
        scale_float(value->floats, value->count, factor);
    else if (value->type == VALUE_DOUBLE)
        scale_double(value->doubles, value->count, (double)factor);
    else if (value_type_size(value->type) == sizeof(uint64_t))
        scale_64(value->uint64s, value->count, (uint64_t)(int64_t)factor);
    else
        scale_32(value->uint32s, value->count, (uint32_t)(int32_t)factor);
}

/* C, broadcast, where the product will be. */
static void begin_with(const struct value *out, const struct value *c)
{
    size_t size = value_type_size(out->type);
    struct strided s = {.rank = out->rank};
    if (c == NULL) {
        memset(out->data, 0, out->count * size);
        return;
    }
    memcpy(s.dims, out->dims, sizeof s.dims);
    broadcast_steps(c, out->rank, s.steps);
    strided_copy(&s, c->data, out->data, size);
}

static bool run_gemm(const struct call *call, struct err *err)
{
    const struct gemm *self = call->node->state;
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    const struct value *c = call_input(call, 2);
    struct value *out = call_output(call, 0);
    struct linalg_product shape = {
        .m = (size_t)out->dims[0],
        .n = (size_t)out->dims[1],
        .k = (size_t)a->dims[self->transposed_a ? 0 : 1],
        .transposed_a = self->transposed_a,
        .transposed_b = self->transposed_b,
    };
    if (!fits(call, &shape, 1, err))
        return false;
    /* alpha (A B + beta / alpha C) would round otherwise: the product is scaled alone, where it has
     * to be. */
    if (self->alpha == 1 && c != NULL && self->beta != 0) {
        begin_with(out, c);
        scale(out, self->beta);
        multiply(&shape, a->type, a->data, b->data, out->data);
        return true;
    }
    begin_with(out, NULL);
    multiply(&shape, a->type, a->data, b->data, out->data);
    scale(out, self->alpha);
    if (c == NULL || self->beta == 0)
        return true;
    struct value term = *out;
    if (!memory_fill(call->memory, &term, err))
        return false;
    begin_with(&term, c);
    scale(&term, self->beta);
    if (out->type == VALUE_FLOAT)
        for (size_t i = 0; i < out->count; i++)
            out->floats[i] += term.floats[i];
    else if (out->type == VALUE_DOUBLE)
        for (size_t i = 0; i < out->count; i++)
            out->doubles[i] += term.doubles[i];
    else if (value_type_size(out->type) == sizeof(uint64_t))
        for (size_t i = 0; i < out->count; i++)
            out->uint64s[i] += term.uint64s[i];
    else
        for (size_t i = 0; i < out->count; i++)
            out->uint32s[i] += term.uint32s[i];
    memory_release(call->memory, &term);
    return true;
}

const struct kernel kernel_gemm = {
    .domain = "",
    .name = "Gemm",
    .since = 7,
    .inputs_min = 2,
    .inputs_max = 3,
    .outputs_max = 1,
    .state_size = sizeof(struct gemm),
    .create = create_gemm,
    .infer = infer_gemm,
    .run = run_gemm,
};
