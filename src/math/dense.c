#include "math/dense.h"

size_t dense_kernels_list(dense_kernel *list[DENSE_LEVELS_MAX])
{
    size_t count = 0;
    list[count++] = dense_multiply_plain;
#ifdef DENSE_LEVELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) {
        list[count++] = dense_multiply_v3;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl"))
            list[count++] = dense_multiply_v4;
    }
#endif
    return count;
}

void dense_multiply(const struct dense_shape *shape, const double *a, const double *b, double *c)
{
    dense_kernel *list[DENSE_LEVELS_MAX];
    dense_kernel *multiply = list[dense_kernels_list(list) - 1];
    struct dense_shape block = *shape;
    for (size_t at = 0; at < shape->k; at += DENSE_DEPTH) {
        block.k = shape->k - at < DENSE_DEPTH ? shape->k - at : DENSE_DEPTH;
        multiply(&block, a + at * shape->a_step, b + at * shape->b_row, c);
    }
}
