/* scikit-learn 1.9.1: pairwise_kernels, KernelCenterer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char LINEAR[] =
    "{'op': 'pairwise_kernel', 'kernel': 'linear', 'x_fit_': [[1.4, 1.8], [0.3, 0.4], [0.3, "
    "0.2], [1.4, 0.2]]}";
static const double linear_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double linear_value[] = {2.208,
                                      0.48100000000000004,
                                      0.37100000000000005,
                                      1.328,
                                      9.808,
                                      2.154,
                                      1.422,
                                      3.952,
                                      3.9259999999999997,
                                      0.872,
                                      0.442,
                                      0.486,
                                      5.564,
                                      1.231,
                                      0.6890000000000001,
                                      1.228};

static void test_linear(void **state)
{
    (void)state;
    struct op *op = fake_op(LINEAR, "a b");
    fake_run(op, 4, linear_rows, 0, linear_value, TOLERANCE);
    op_destroy(op);
}

static const char POLY[] =
    "{'op': 'pairwise_kernel', 'kernel': 'poly', 'gamma': 0.3, 'coef0': 0.5, 'degree': 2, "
    "'x_fit_': [[1.4, 1.8], [0.3, 0.4], [0.3, 0.2], [1.4, 0.2]]}";
static const double poly_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double poly_value[] = {
    1.3511737599999998, 0.41512248999999996, 0.37368768999999996, 0.8071225600000002,
    11.850117759999998, 1.3137744399999998,  0.8585875599999999,  2.84124736,
    2.81501284,         0.5800345600000001,  0.4001827600000001,  0.4170576399999999,
    4.70542864,         0.75568249,          0.49942489,          0.7541185600000001};

static void test_poly(void **state)
{
    (void)state;
    struct op *op = fake_op(POLY, "a b");
    fake_run(op, 4, poly_rows, 0, poly_value, TOLERANCE);
    op_destroy(op);
}

static void test_poly_common(void **state)
{
    (void)state;
    fake_estimator_check(POLY, "a b");
}

static const char RBF[] =
    "{'op': 'pairwise_kernel', 'kernel': 'rbf', 'gamma': 0.3, 'x_fit_': [[1.4, 1.8], [0.3, "
    "0.4], [0.3, 0.2], [1.4, 0.2]]}";
static const double rbf_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double rbf_value[] = {
    0.5752100503131148,  0.901027049663825,    0.8743976759526488,   0.8860162390908894,
    0.27779273525326575, 0.012422076828382497, 0.008300164044311642, 0.02161257408718757,
    0.5534244672565256,  0.39100692818911775,  0.31316345634796316,  0.18348359794104727,
    0.6084381591910473,  0.19955607588860683,  0.14944004550472675,  0.11783617106679095};

static void test_rbf(void **state)
{
    (void)state;
    struct op *op = fake_op(RBF, "a b");
    fake_run(op, 4, rbf_rows, 0, rbf_value, TOLERANCE);
    op_destroy(op);
}

static const char SIGMOID[] =
    "{'op': 'pairwise_kernel', 'kernel': 'sigmoid', 'gamma': 0.3, 'coef0': 0.5, 'x_fit_': "
    "[[1.4, 1.8], [0.3, 0.4], [0.3, 0.2], [1.4, 0.2]]}";
static const double sigmoid_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double sigmoid_value[] = {
    0.8218204860876182, 0.5678202607758905, 0.5450415548943988, 0.7155179091917003,
    0.997955650263032,  0.8164913025992864, 0.729004764084335,  0.9335844775107344,
    0.9325754742709523, 0.6420184272262003, 0.5598399197716059, 0.5688357653053706,
    0.9742217897996334, 0.7010183042691809, 0.6086033181680731, 0.7005602994266704};

static void test_sigmoid(void **state)
{
    (void)state;
    struct op *op = fake_op(SIGMOID, "a b");
    fake_run(op, 4, sigmoid_rows, 0, sigmoid_value, TOLERANCE);
    op_destroy(op);
}

static const char LAPLACIAN[] =
    "{'op': 'pairwise_kernel', 'kernel': 'laplacian', 'gamma': 0.3, 'x_fit_': [[1.4, 1.8], "
    "[0.3, 0.4], [0.3, 0.2], [1.4, 0.2]]}";
static const double laplacian_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double laplacian_value[] = {
    0.5862552523672196, 0.8057353018734796, 0.7588129307612413,  0.7679735396567062,
    0.4369222575744412, 0.2063874606262605, 0.1943683905943277,  0.27036023649750907,
    0.5986967916057292, 0.5471676683703056, 0.5153031039951417,  0.3704636313732474,
    0.579262231380782,  0.4723665527410147, 0.44485806622294116, 0.3584378482789939};

static void test_laplacian(void **state)
{
    (void)state;
    struct op *op = fake_op(LAPLACIAN, "a b");
    fake_run(op, 4, laplacian_rows, 0, laplacian_value, TOLERANCE);
    op_destroy(op);
}

static const char COSINE[] =
    "{'op': 'pairwise_kernel', 'kernel': 'cosine', 'x_fit_': [[1.4, 1.8], [0.3, 0.4], [0.3, "
    "0.2], [1.4, 0.2]]}";
static const double cosine_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double cosine_value[] = {
    0.9407352398100102, 0.9346415582262549, 0.9997058860844108, 0.9123323884481553,
    0.9950049962589221, 0.9966029554798937, 0.9123771422445102, 0.646470057079613,
    0.8006358170570942, 0.8110224420077907, 0.5700815482062942, 0.15981136563128248,
    0.8859935514390808, 0.8939910275162765, 0.6938932410409328, 0.31530327406684544};

static void test_cosine(void **state)
{
    (void)state;
    struct op *op = fake_op(COSINE, "a b");
    fake_run(op, 4, cosine_rows, 0, cosine_value, TOLERANCE);
    op_destroy(op);
}

static void test_cosine_common(void **state)
{
    (void)state;
    fake_estimator_check(COSINE, "a b");
}

static const char CHI2[] =
    "{'op': 'pairwise_kernel', 'kernel': 'chi2', 'gamma': 0.3, 'x_fit_': [[1.4, 1.8], [0.3, "
    "0.4], [0.3, 0.2], [1.4, 0.2]]}";
static const double chi2_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double chi2_value[] = {
    0.7893137095842441, 0.9135538503097297,  0.8760713931756149,  0.9174810547709382,
    0.7743250070617819, 0.28741471623525744, 0.24858419083701735, 0.3693129435593316,
    0.6739245413430854, 0.6570854707647685,  0.5797996937243018,  0.418633742077884,
    0.8298347439826187, 0.5895208473523421,  0.515198144289869,   0.45797563736669905};

static void test_chi2(void **state)
{
    (void)state;
    struct op *op = fake_op(CHI2, "a b");
    fake_run(op, 4, chi2_rows, 0, chi2_value, TOLERANCE);
    op_destroy(op);
}

static const char ADDITIVE_CHI2[] =
    "{'op': 'pairwise_kernel', 'kernel': 'additive_chi2', 'x_fit_': [[1.4, 1.8], [0.3, 0.4], "
    "[0.3, 0.2], [1.4, 0.2]]}";
static const double additive_chi2_rows[] = {0.87, 0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double additive_chi2_value[] = {
    -0.7886381104133471, -0.3013765182186236, -0.4410256410256411, -0.28707782672540383,
    -0.8525452925452927, -4.156097006441834,  -4.639912315663611,  -3.320369696120991,
    -1.3154571026722923, -1.3998039215686275, -1.8169086357947433, -2.902529550827423,
    -0.6217623388355095, -1.7614839838821281, -2.2106790204010607, -2.603130966017563};

static void test_additive_chi2(void **state)
{
    (void)state;
    struct op *op = fake_op(ADDITIVE_CHI2, "a b");
    fake_run(op, 4, additive_chi2_rows, 0, additive_chi2_value, TOLERANCE);
    op_destroy(op);
}

static const char CENTRED[] =
    "{'op': 'pairwise_kernel', 'kernel': 'rbf', 'gamma': 0.5, 'x_fit_': [[1.4, -1.8], [0.3, "
    "-0.4], [-0.3, -0.2], [-1.4, -0.2], [-0.6, 2.3]], 'k_fit_rows_': [0.25520816819118974, "
    "0.4544357824623206, 0.49447099606783224, 0.36291474891608166, 0.21827220305718265], "
    "'k_fit_all_': 0.3570603797389214}";
static const double centred_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double centred_value[] = {
    0.1416610277005938,     0.385140303725831,    -0.021041832211827816, -0.2923620979010852,
    -0.21339740131351176,   0.100657628431024,    -0.09853456139948158,  -0.13858562306263633,
    -0.0070485572543455555, 0.1435111132854396,   -0.08306009900527705,  -0.24501130245121422,
    -0.2628226339074646,    -0.16851454459455334, 0.7594085799585093,    -0.0038104862143177876,
    -0.19526706891704587,   -0.23249013248239997, -0.10911295563955004,  0.5406806432533139};

static void test_centred(void **state)
{
    (void)state;
    struct op *op = fake_op(CENTRED, "a b");
    fake_run(op, 4, centred_rows, 0, centred_value, TOLERANCE);
    op_destroy(op);
}

static void test_centred_common(void **state)
{
    (void)state;
    fake_estimator_check(CENTRED, "a b");
}

static void test_centred_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'pairwise_kernel', 'kernel': 'rbf', 'gamma': 0.5, 'x_fit_': [[1.4, -1.8], [0.3, "
        "-0.4], [-0.3, -0.2], [-1.4, -0.2], [-0.6, 2.3]], 'k_fit_rows_': [1], 'k_fit_all_': "
        "0.3570603797389214}",
        "a b", "expected 5");
    fake_op_refused(
        "{'op': 'pairwise_kernel', 'kernel': 'rbf', 'gamma': 0.5, 'x_fit_': [[1.4, -1.8], [0.3, "
        "-0.4], [-0.3, -0.2], [-1.4, -0.2], [-0.6, 2.3]], 'k_fit_rows_': [0.25520816819118974, "
        "0.4544357824623206, 0.49447099606783224, 0.36291474891608166, 0.21827220305718265]}",
        "a b", "k_fit_all_");
    fake_op_refused(
        "{'op': 'pairwise_kernel', 'kernel': 'rbf', 'gamma': 0.5, 'x_fit_': [[1]], 'k_fit_rows_':"
        " [0.25520816819118974, 0.4544357824623206, 0.49447099606783224, 0.36291474891608166, "
        "0.21827220305718265], 'k_fit_all_': 0.3570603797389214}",
        "a b", "expected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_poly),
        cmocka_unit_test(test_poly_common),
        cmocka_unit_test(test_rbf),
        cmocka_unit_test(test_sigmoid),
        cmocka_unit_test(test_laplacian),
        cmocka_unit_test(test_cosine),
        cmocka_unit_test(test_cosine_common),
        cmocka_unit_test(test_chi2),
        cmocka_unit_test(test_additive_chi2),
        cmocka_unit_test(test_centred),
        cmocka_unit_test(test_centred_common),
        cmocka_unit_test(test_centred_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
