#include "math/dense.h"

size_t dense_kernels_list(struct dense_kernels list[DENSE_LEVELS_MAX])
{
    size_t count = 0;
    list[count++] = (struct dense_kernels){dense_multiply_plain, dense_multiply_single_plain};
#ifdef DENSE_LEVELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) {
        list[count++] = (struct dense_kernels){dense_multiply_v3, dense_multiply_single_v3};
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl"))
            list[count++] = (struct dense_kernels){dense_multiply_v4, dense_multiply_single_v4};
    }
#endif
    return count;
}

bool dense_has_levels(void)
{
    struct dense_kernels list[DENSE_LEVELS_MAX];
    return dense_kernels_list(list) > 1;
}

static struct dense_kernels best(void)
{
    struct dense_kernels list[DENSE_LEVELS_MAX];
    return list[dense_kernels_list(list) - 1];
}

/* The block of `depth` products that begins at `at`: what later ones begin with stands in c. */
static struct dense_shape block_of(const struct dense_shape *shape, size_t at, size_t depth)
{
    struct dense_shape block = *shape;
    bool last = shape->k - at <= depth;
    block.k = last ? shape->k - at : depth;
    block.begin_row = at == 0 ? shape->begin_row : shape->c_row;
    block.rectified = last && shape->rectified;
    return block;
}

void dense_multiply(const struct dense_shape *shape, const double *a, const double *b,
                    const double *begin, double *c)
{
    dense_kernel *multiply = best().multiply;
    size_t at = 0;
    do {
        struct dense_shape block = block_of(shape, at, DENSE_DEPTH);
        multiply(&block, a + at * shape->a_step, b + at * shape->b_row, at == 0 ? begin : c, c);
        at += DENSE_DEPTH;
    } while (at < shape->k);
}

void dense_multiply_single(const struct dense_shape *shape, size_t depth, const float *a,
                           const float *b, const float *begin, float *c)
{
    dense_kernel_single *multiply = best().multiply_single;
    size_t at = 0;
    do {
        struct dense_shape block = block_of(shape, at, depth);
        multiply(&block, a + at * shape->a_step, b + at * shape->b_row, at == 0 ? begin : c, c);
        at += depth;
    } while (at < shape->k);
}
