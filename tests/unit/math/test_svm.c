/* Expected decisions and probabilities: scikit-learn 1.9 (libsvm), SVC(kernel="rbf", gamma=0.5,
 * C=2, probability=True) trained on every tenth row of the iris data. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "math/svm.h"

enum { VECTORS = 9, FEATURES = 4, CLASSES = 3, PAIRS = 3 };

static const double vectors[VECTORS * FEATURES] = {
    5.4, 3.7, 1.5, 0.2, 4.8, 3.1, 1.6, 0.2, 7.0, 3.2, 4.7, 1.4, 5.0, 2.0, 3.5, 1.0, 5.9, 3.2,
    4.8, 1.8, 5.5, 2.6, 4.4, 1.2, 6.3, 3.3, 6.0, 2.5, 6.5, 3.2, 5.1, 2.0, 7.4, 2.8, 6.1, 1.9};
static const double coefficients[(CLASSES - 1) * VECTORS] = {0.7397736973187808,
                                                             0.836931026424541,
                                                             -0.48390628425738885,
                                                             -0.6991632562361805,
                                                             -0.3655419468874757,
                                                             -0.02809323636227672,
                                                             -0.39117334142734267,
                                                             -0.42806535288287295,
                                                             -0.5360722780958722,
                                                             0.6782431253209656,
                                                             0.6770678470851221,
                                                             1.4923890795203463,
                                                             0.45394491864337594,
                                                             1.7742539310479293,
                                                             0.0,
                                                             -0.7281251906463687,
                                                             -2.0,
                                                             -0.9924627385652829};
static const double intercepts[PAIRS] = {-0.3053376787745171, -0.14819693460900232,
                                         0.37851787702424816};
static const double prob_a[PAIRS] = {-2.0439057982649738, -1.9651035887661594, -1.584296562376679};
static const double prob_b[PAIRS] = {0.36395593602309756, 0.20572820800891353,
                                     -0.19256466735190353};
static const size_t starts[CLASSES + 1] = {0, 2, 6, 9};
static const double rows[2 * FEATURES] = {5.9, 3.0, 4.2, 1.5, 6.1, 2.9, 4.9, 1.8};

static const struct svm_kernel_params rbf = {SVM_RBF, 0.5, 0.0, 0.0};

static void decide(const double *row, double *decisions)
{
    struct svm_vectors_double *made =
        svm_vectors_double_create(&rbf, vectors, VECTORS, FEATURES, NULL);
    assert_non_null(made);
    double kernels[VECTORS];
    svm_kernels_double(made, row, 1, kernels);
    svm_decide_double(&(struct svm_pairs_double){CLASSES, starts, coefficients, intercepts},
                      kernels, decisions);
    svm_vectors_double_destroy(made);
}

static void assert_all_close(const double *got, const double *expected, size_t count, double within)
{
    for (size_t i = 0; i < count; i++)
        assert_true(fabs(got[i] - expected[i]) <= within * fabs(expected[i]));
}

static void test_decisions_and_votes_are_libsvms(void **state)
{
    (void)state;
    double decisions[PAIRS];
    size_t votes[CLASSES];
    double scores[CLASSES];
    decide(rows, decisions);
    assert_all_close(decisions,
                     (double[]){-1.024306446023881, -0.41118502105167654, 1.5066214964274227},
                     PAIRS, 1e-14);
    assert_int_equal(svm_vote(CLASSES, decisions, votes), 1);
    assert_true(votes[0] == 0 && votes[1] == 2 && votes[2] == 1);
    svm_one_against_rest(CLASSES, decisions, scores);
    assert_all_close(scores,
                     (double[]){-0.19646841804229892, 2.2389294432607647, 0.8257425142289562},
                     CLASSES, 1e-14);
    decide(rows + FEATURES, decisions);
    assert_all_close(decisions,
                     (double[]){-1.010507875508442, -0.772731348804755, 0.7560834422369818}, PAIRS,
                     1e-14);
}

static void test_a_draw_goes_to_the_first(void **state)
{
    (void)state;
    size_t votes[CLASSES];
    double scores[CLASSES];
    assert_int_equal(svm_vote(CLASSES, (double[]){1.0, -1.0, 1.0}, votes), 0);
    assert_int_equal(svm_vote(CLASSES, (double[]){0.0, 0.0, 0.0}, votes), 2);
    assert_int_equal(svm_vote(CLASSES, (double[]){NAN, NAN, NAN}, votes), 2);
    assert_int_equal(svm_vote(1, NULL, votes), 0);
    svm_one_against_rest(CLASSES, (double[]){0.0, 0.0, 0.0}, scores);
    assert_true(scores[0] == 2.0 && scores[1] == 1.0 && scores[2] == 0.0);
}

static void test_probabilities_are_libsvms(void **state)
{
    (void)state;
    double decisions[PAIRS];
    double p[CLASSES];
    double work[CLASSES * CLASSES * 2 + CLASSES];
    decide(rows, decisions);
    svm_probabilities_double(CLASSES, decisions, prob_a, prob_b, p, work);
    assert_all_close(p,
                     (double[]){0x1.cdec7ffd930b5p-5, 0x1.bd727c2bcdbdfp-1, 0x1.2d75dea2c88b3p-4},
                     CLASSES, 1e-12);
    decide(rows + FEATURES, decisions);
    svm_probabilities_double(CLASSES, decisions, prob_a, prob_b, p, work);
    assert_all_close(p,
                     (double[]){0x1.aa3828e2583f5p-5, 0x1.82e303e1b9848p-1, 0x1.89e5e64083ddep-3},
                     CLASSES, 1e-12);
}

static void test_platt_without_overflow(void **state)
{
    (void)state;
    assert_true(svm_platt(1000.0, -2.0, 0.0) == 1.0);
    assert_true(svm_platt(-1000.0, -2.0, 0.0) == 0.0);
    assert_true(svm_platt(0.0, -2.0, 0.0) == 0.5);
    assert_true(fabs(svm_platt(0.5, -2.0, 0.25) - 0.679178699175393) < 1e-14);
}

static void test_single_coupling_follows_the_double(void **state)
{
    (void)state;
    const float pairwise[9] = {0.0F, 0.7F, 0.4F, 0.3F, 0.0F, 0.2F, 0.6F, 0.8F, 0.0F};
    double wide[9];
    for (size_t i = 0; i < 9; i++)
        wide[i] = (double)pairwise[i];
    float p[3];
    double q[3];
    float work[12];
    double wide_work[12];
    assert_int_equal(svm_couple_work(3), 12);
    svm_couple_single(3, pairwise, p, work);
    svm_couple_double(3, wide, q, wide_work);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs((double)p[i] - q[i]) < 1e-6);
    assert_true(q[2] > q[0] && q[0] > q[1]);
    assert_true(fabs(q[0] + q[1] + q[2] - 1.0) < 1e-12);
}

/* The definitions, without blocks. */
static double kernel_plainly(const struct svm_kernel_params *params, const double *a,
                             const double *b, size_t features)
{
    double dot = 0.0;
    double squares = 0.0;
    for (size_t f = 0; f < features; f++) {
        dot += a[f] * b[f];
        squares += (a[f] - b[f]) * (a[f] - b[f]);
    }
    switch (params->kernel) {
    case SVM_LINEAR:
        return dot;
    case SVM_POLYNOMIAL:
        return pow(params->gamma * dot + params->coef0, params->degree);
    case SVM_RBF:
        return exp(-params->gamma * squares);
    case SVM_SIGMOID:
        return tanh(params->gamma * dot + params->coef0);
    }
    return NAN;
}

enum { MANY = 37, WIDE = 5, BATCH = 11 };

static double number(size_t i)
{
    return (double)(i * 7919 % 1000) / 400.0 - 1.2;
}

static void check_kernel(const struct svm_kernel_params *params)
{
    double v[MANY * WIDE];
    double x[BATCH * WIDE];
    float v_single[MANY * WIDE];
    float x_single[BATCH * WIDE];
    for (size_t i = 0; i < MANY * WIDE; i++)
        v[i] = (double)(v_single[i] = (float)number(i));
    for (size_t i = 0; i < BATCH * WIDE; i++)
        x[i] = (double)(x_single[i] = (float)number(i + 1000));
    struct svm_vectors_double *wide = svm_vectors_double_create(params, v, MANY, WIDE, NULL);
    struct svm_vectors_single *narrow =
        svm_vectors_single_create(params, v_single, MANY, WIDE, NULL);
    double k[BATCH * MANY];
    float k_single[BATCH * MANY];
    svm_kernels_double(wide, x, BATCH, k);
    svm_kernels_single(narrow, x_single, BATCH, k_single);
    for (size_t row = 0; row < BATCH; row++) {
        double alone[MANY];
        float alone_single[MANY];
        svm_kernels_double(wide, x + row * WIDE, 1, alone);
        svm_kernels_single(narrow, x_single + row * WIDE, 1, alone_single);
        assert_memory_equal(alone, k + row * MANY, sizeof(alone));
        assert_memory_equal(alone_single, k_single + row * MANY, sizeof(alone_single));
        for (size_t i = 0; i < MANY; i++) {
            double expected = kernel_plainly(params, x + row * WIDE, v + i * WIDE, WIDE);
            assert_true(fabs(k[row * MANY + i] - expected) <= 1e-13 * fmax(fabs(expected), 1.0));
            assert_true(fabs((double)k_single[row * MANY + i] - expected) <=
                        2e-5 * fmax(fabs(expected), 1.0));
        }
    }
    svm_vectors_double_destroy(wide);
    svm_vectors_single_destroy(narrow);
}

static void test_kernels_and_no_row_depends_on_its_batch(void **state)
{
    (void)state;
    check_kernel(&(struct svm_kernel_params){SVM_LINEAR, 0.0, 0.0, 0.0});
    check_kernel(&(struct svm_kernel_params){SVM_RBF, 0.7, 0.0, 0.0});
    check_kernel(&(struct svm_kernel_params){SVM_SIGMOID, 0.3, -0.2, 0.0});
    check_kernel(&(struct svm_kernel_params){SVM_POLYNOMIAL, 0.3, 0.5, 3.0});
    check_kernel(&(struct svm_kernel_params){SVM_POLYNOMIAL, 0.1, 9.0, 2.5});
    check_kernel(&(struct svm_kernel_params){SVM_POLYNOMIAL, 0.1, 9.0, 0.0});
}

static void test_nothing_and_too_much(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct svm_vectors_single *none = svm_vectors_single_create(&rbf, NULL, 0, 0, &err);
    assert_non_null(none);
    svm_kernels_single(none, NULL, 3, NULL);
    svm_vectors_single_destroy(none);
    svm_vectors_single_destroy(NULL);
    svm_vectors_double_destroy(NULL);
    assert_null(svm_vectors_double_create(&rbf, NULL, SIZE_MAX / 2, 1000, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(svm_weighted_sum_single(NULL, NULL, 0) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions_and_votes_are_libsvms),
        cmocka_unit_test(test_a_draw_goes_to_the_first),
        cmocka_unit_test(test_probabilities_are_libsvms),
        cmocka_unit_test(test_platt_without_overflow),
        cmocka_unit_test(test_single_coupling_follows_the_double),
        cmocka_unit_test(test_kernels_and_no_row_depends_on_its_batch),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
