/* Products of float32 matrices as ONNX Runtime's own library (MLAS) adds them: each sum is a chain
 * of fused multiply-adds in the order of k, alone for every row. The answer for a row depends
 * neither on its batch nor on the CPU. For small or narrow weights; CBLAS is faster for large ones.
 */
#ifndef OMEN_MATH_FUSED_H
#define OMEN_MATH_FUSED_H

#include "math/linalg.h"

/* C = A B + C, as linalg_multiply_single. */
void fused_multiply(const struct linalg_product *shape, const float *a, const float *b, float *c);

/* As linalg_affine_single; what is transposed of B is not looked at. */
void fused_affine(const struct linalg_product *shape, const float *a, const float *b,
                  const float *bias, bool rectified, float *c);

/* Whether that is quicker than CBLAS for these weights (n, k), in this build and on this CPU. */
bool fused_is_quick(const struct linalg_product *shape);

#endif
