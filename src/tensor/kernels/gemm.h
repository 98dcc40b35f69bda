/* What a Gemm node's author fixed. */
#ifndef OMEN_TENSOR_KERNELS_GEMM_H
#define OMEN_TENSOR_KERNELS_GEMM_H

#include <stdbool.h>

struct gemm {
    float alpha, beta;
    bool transposed_a, transposed_b;
};

#endif
