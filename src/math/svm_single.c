#include "math/svm.h"

typedef float real;
enum { LANES = 16 };
#define real_tanh tanhf
#define real_pow powf
#define real_fabs fabsf
/* ONNX Runtime's matrix products are fused. */
#define add_product(a, b, c) fmaf(a, b, c)
#define add_products(sums, block, x)            \
    for (size_t lane = 0; lane < LANES; lane++) \
    (sums)[lane] = fmaf((block)[lane], x, (sums)[lane])
#define PRODUCT_CLONES MATH_CLONES_FUSED
#define exponential exponential_single
#define svm_vectors svm_vectors_single
#define svm_vectors_create svm_vectors_single_create
#define svm_vectors_destroy svm_vectors_single_destroy
#define svm_kernels svm_kernels_single
#define svm_weighted_sum svm_weighted_sum_single
#define svm_pairs svm_pairs_single
#define svm_decide svm_decide_single
#define svm_couple svm_couple_single

#include "math/svm_body.h"
