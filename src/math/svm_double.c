#include "math/svm.h"

typedef double real;
enum { LANES = 8 };
#define real_tanh tanh
#define real_pow pow
#define real_fabs fabs
#define add_product(a, b, c) ((a) * (b) + (c))
#define add_products(sums, block, x) ((sums) += (block) * (x))
#define PRODUCT_CLONES MATH_CLONES
#define exponential exponential_double
#define svm_vectors svm_vectors_double
#define svm_vectors_create svm_vectors_double_create
#define svm_vectors_destroy svm_vectors_double_destroy
#define svm_kernels svm_kernels_double
#define svm_weighted_sum svm_weighted_sum_double
#define svm_pairs svm_pairs_double
#define svm_decide svm_decide_double
#define svm_couple svm_couple_double

#include "math/svm_body.h"
