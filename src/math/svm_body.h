/* What is the same for both widths. svm_single.c and svm_double.c include it, each with its own
 * meaning of `real`, LANES (the reals in 64 bytes), of how products are added, and the functions'
 * names. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/clones.h"
#include "math/exponential.h"

/* The compiler splits it into what the CPU's registers hold. */
typedef real lanes __attribute__((vector_size(64)));

/* Rows that are computed together, so that a block is loaded once for them. */
enum { ROWS = 4 };

struct svm_vectors {
    struct svm_kernel_params params;
    size_t count, features;
    lanes *blocks; /* of LANES vectors each: [block][feature][lane], the last padded with 0 */
};

static lanes *blocks_allocate(size_t count, size_t features, struct err *err)
{
    size_t numbers = 0;
    size_t bytes = 0;
    if (!mem_multiply(count / LANES + 1, features, &numbers) ||
        !mem_multiply(numbers, sizeof(lanes), &bytes) || bytes > SIZE_MAX / 2) {
        err_set(err, ERR_LIMIT, "%zu support vectors of %zu numbers are too large", count,
                features);
        return NULL;
    }
    lanes *blocks = aligned_alloc(sizeof(lanes), bytes ? bytes : sizeof(lanes));
    if (blocks)
        memset(blocks, 0, bytes);
    else
        err_set(err, ERR_MEMORY, "no memory for %zu support vectors", count);
    return blocks;
}

struct svm_vectors *svm_vectors_create(const struct svm_kernel_params *params, const real *vectors,
                                       size_t count, size_t features, struct err *err)
{
    struct svm_vectors *made = mem_array(1, sizeof(*made));
    if (!made) {
        err_set(err, ERR_MEMORY, "no memory for support vectors");
        return NULL;
    }
    *made = (struct svm_vectors){.params = *params, .count = count, .features = features};
    made->blocks = blocks_allocate(count, features, err);
    if (!made->blocks) {
        free(made);
        return NULL;
    }
    for (size_t v = 0; v < count; v++)
        for (size_t f = 0; f < features; f++)
            made->blocks[v / LANES * features + f][v % LANES] = vectors[v * features + f];
    return made;
}

void svm_vectors_destroy(struct svm_vectors *vectors)
{
    if (!vectors)
        return;
    free(vectors->blocks);
    free(vectors);
}

/* Sums over the features, in their order, of squared differences (or of products, added as the
 * width says) between LANES vectors and a few rows. `rows` and `squares` are constants where this
 * is inlined. */
static inline __attribute__((always_inline)) void block_sums(const lanes *block, const real *x,
                                                             size_t features, size_t rows,
                                                             bool squares, lanes *sums)
{
    for (size_t row = 0; row < rows; row++)
        sums[row] = (lanes){0};
    for (size_t f = 0; f < features; f++)
        for (size_t row = 0; row < rows; row++) {
            lanes difference = block[f] - x[row * features + f];
            if (squares)
                sums[row] += difference * difference;
            else
                add_products(sums[row], block[f], x[row * features + f]);
        }
}

static inline __attribute__((always_inline)) void
rows_sums(const struct svm_vectors *vectors, const real *x, size_t rows, bool squares, real *sums)
{
    for (size_t first = 0; first < vectors->count; first += LANES) {
        lanes block[ROWS];
        block_sums(vectors->blocks + first / LANES * vectors->features, x, vectors->features, rows,
                   squares, block);
        size_t used = vectors->count - first < LANES ? vectors->count - first : LANES;
        for (size_t row = 0; row < rows; row++)
            memcpy(sums + row * vectors->count + first, &block[row], used * sizeof(real));
    }
}

/* The same of one row: so many blocks at once that their additions overlap. */
static inline __attribute__((always_inline)) void row_sums(const struct svm_vectors *vectors,
                                                           const real *x, bool squares, real *sums)
{
    size_t blocks = vectors->count / LANES / ROWS * ROWS, features = vectors->features;
    for (size_t first = 0; first < blocks; first += ROWS) {
        const lanes *block = vectors->blocks + first * features;
        lanes sum[ROWS] = {0};
        for (size_t f = 0; f < features; f++)
            for (size_t b = 0; b < ROWS; b++) {
                lanes difference = block[b * features + f] - x[f];
                if (squares)
                    sum[b] += difference * difference;
                else
                    add_products(sum[b], block[b * features + f], x[f]);
            }
        memcpy(sums + first * LANES, sum, sizeof(sum));
    }
    struct svm_vectors rest = *vectors;
    rest.blocks += blocks * features;
    rest.count -= blocks * LANES;
    rows_sums(&rest, x, 1, squares, sums + blocks * LANES);
}

/* A row's sums are the same additions in the same order, alone or among others. */
static inline __attribute__((always_inline)) void
all_sums(const struct svm_vectors *vectors, const real *x, size_t rows, bool squares, real *sums)
{
    size_t row = 0;
    for (; row + ROWS <= rows; row += ROWS)
        rows_sums(vectors, x + row * vectors->features, ROWS, squares, sums + row * vectors->count);
    for (; row < rows; row++)
        row_sums(vectors, x + row * vectors->features, squares, sums + row * vectors->count);
}

MATH_CLONES static void sums_of_squares(const struct svm_vectors *vectors, const real *x,
                                        size_t rows, real *sums)
{
    all_sums(vectors, x, rows, true, sums);
}

PRODUCT_CLONES static void sums_of_products(const struct svm_vectors *vectors, const real *x,
                                            size_t rows, real *sums)
{
    all_sums(vectors, x, rows, false, sums);
}

PRODUCT_CLONES static void scale(real *products, size_t count, real gamma, real coef0)
{
    for (size_t i = 0; i < count; i++)
        products[i] = add_product(gamma, products[i], coef0);
}

/* libsvm's powi for whole degrees. */
static real power(real base, double degree)
{
    if (!(degree >= 0.0 && degree <= 1000.0 && degree == floor(degree)))
        return real_pow(base, (real)degree);
    real result = 1;
    for (unsigned rest = (unsigned)degree; rest > 0; rest /= 2, base *= base)
        if (rest % 2 == 1)
            result *= base;
    return result;
}

void svm_kernels(const struct svm_vectors *vectors, const real *x, size_t rows, real *kernels)
{
    const struct svm_kernel_params *params = &vectors->params;
    real gamma = (real)params->gamma;
    real coef0 = (real)params->coef0;
    size_t count = rows * vectors->count;
    if (params->kernel == SVM_RBF)
        sums_of_squares(vectors, x, rows, kernels);
    else
        sums_of_products(vectors, x, rows, kernels);
    if (params->kernel == SVM_POLYNOMIAL || params->kernel == SVM_SIGMOID)
        scale(kernels, count, gamma, coef0);
    switch (params->kernel) {
    case SVM_LINEAR:
        break;
    case SVM_RBF:
        for (size_t i = 0; i < count; i++)
            kernels[i] *= -gamma;
        exponential(kernels, count);
        break;
    case SVM_POLYNOMIAL:
        for (size_t i = 0; i < count; i++)
            kernels[i] = power(kernels[i], params->degree);
        break;
    case SVM_SIGMOID:
        for (size_t i = 0; i < count; i++)
            kernels[i] = real_tanh(kernels[i]);
        break;
    }
}

MATH_CLONES double svm_weighted_sum(const real *a, const real *b, size_t count)
{
    enum { SUMS = 16 }; /* independent ones, so that additions do not wait for each other */
    double sums[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= count; i += SUMS)
        for (size_t lane = 0; lane < SUMS; lane++)
            sums[lane] += (double)(a[i + lane] * b[i + lane]);
    for (; i < count; i++)
        sums[i % SUMS] += (double)(a[i] * b[i]);
    for (size_t width = SUMS / 2; width > 0; width /= 2)
        for (size_t lane = 0; lane < width; lane++)
            sums[lane] += sums[lane + width];
    return sums[0];
}

void svm_decide(const struct svm_pairs *pairs, const real *kernels, double *decisions)
{
    size_t total = pairs->starts[pairs->classes];
    size_t pair = 0;
    for (size_t i = 0; i + 1 < pairs->classes; i++)
        for (size_t j = i + 1; j < pairs->classes; j++, pair++) {
            size_t first = pairs->starts[i];
            size_t second = pairs->starts[j];
            /* Row j - 1 holds class i's coefficients against j, row i those of j against i. */
            decisions[pair] = svm_weighted_sum(pairs->coefficients + (j - 1) * total + first,
                                               kernels + first, pairs->starts[i + 1] - first) +
                              svm_weighted_sum(pairs->coefficients + i * total + second,
                                               kernels + second, pairs->starts[j + 1] - second) +
                              (double)pairs->intercepts[pair];
        }
}

/* Q of the quadratic problem: pQp is to be smallest. */
static void couple_begin(size_t classes, const real *pairwise, real *probabilities, real *q)
{
    for (size_t i = 0; i < classes; i++) {
        probabilities[i] = 1 / (real)classes;
        q[i * classes + i] = 0;
        for (size_t j = 0; j < classes; j++) {
            if (j == i)
                continue;
            real against = pairwise[j * classes + i];
            q[i * classes + i] += against * against;
            q[i * classes + j] = j < i ? q[j * classes + i] : -against * pairwise[i * classes + j];
        }
    }
}

/* Qp and pQp afresh, for accuracy. Returns the largest |Qp - pQp|: 0 at the solution. */
static real couple_measure(size_t classes, const real *q, const real *probabilities, real *qp,
                           real *pqp)
{
    *pqp = 0;
    for (size_t i = 0; i < classes; i++) {
        qp[i] = 0;
        for (size_t j = 0; j < classes; j++)
            qp[i] += q[i * classes + j] * probabilities[j];
        *pqp += probabilities[i] * qp[i];
    }
    real largest = 0;
    for (size_t i = 0; i < classes; i++)
        if (real_fabs(qp[i] - *pqp) > largest)
            largest = real_fabs(qp[i] - *pqp);
    return largest;
}

static void couple_step(size_t classes, const real *q, real *probabilities, real *qp, real pqp)
{
    for (size_t i = 0; i < classes; i++) {
        real step = (-qp[i] + pqp) / q[i * classes + i];
        probabilities[i] += step;
        pqp = (pqp + step * (step * q[i * classes + i] + 2 * qp[i])) / (1 + step) / (1 + step);
        for (size_t j = 0; j < classes; j++) {
            qp[j] = (qp[j] + step * q[i * classes + j]) / (1 + step);
            probabilities[j] /= 1 + step;
        }
    }
}

void svm_couple(size_t classes, const real *pairwise, real *probabilities, real *work)
{
    real *q = work;
    real *qp = work + classes * classes;
    real enough = (real)0.005 / (real)classes;
    couple_begin(classes, pairwise, probabilities, q);
    for (size_t round = 0; round < 100; round++) {
        real pqp = 0;
        if (couple_measure(classes, q, probabilities, qp, &pqp) < enough)
            break;
        couple_step(classes, q, probabilities, qp, pqp);
    }
}
