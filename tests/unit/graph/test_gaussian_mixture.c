/* scikit-learn 1.9.1: GaussianMixture, BayesianGaussianMixture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char FULL[] =
    "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1.144143353028053, "
    "0.12618928350674635], [0.14823151029543696, 3.150791974325846]], 'log_weights_': "
    "[-0.5093405667997188, -0.9185224606434157], 'precisions_cholesky_': "
    "[[[0.7838202415496318, -0.39052466047488377], [0, 1.3396822809535882]], "
    "[[1.586476369830558, 0.2232359523866142], [0, 1.5897791410028321]]]}";
static const double full_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double full_label[] = {0, 1, 1, 1};
static const double full_probability[] = {
    0.9999999095830542,   9.041694600462394e-08, 0.032610658353139796,  0.967389341646861,
    0.011431103531341302, 0.9885688964686585,    0.0007730584435467373, 0.9992269415564534};
static const double full_value[] = {-2.640503091915929, -8.456806242956686, -3.13896815015595,
                                    -2.1724896263789746};

static void test_full(void **state)
{
    (void)state;
    struct op *op = fake_op(FULL, "a b");
    fake_run(op, 4, full_rows, 0, full_label, 0);
    fake_run(op, 4, full_rows, 1, full_probability, TOLERANCE);
    fake_run(op, 4, full_rows, 2, full_value, TOLERANCE);
    op_destroy(op);
}

static void test_full_common(void **state)
{
    (void)state;
    fake_estimator_check(FULL, "a b");
}

static const char TIED[] =
    "{'op': 'gaussian_mixture', 'covariance_type': 'tied', 'means_': [[1.144380171716516, "
    "0.12473027954006036], [0.14886353584857534, 3.149984466121404]], 'log_weights_': "
    "[-0.5100003473629044, -0.9175299249128308], 'precisions_cholesky_': "
    "[[[0.9379296961687762, -0.32188443228243896], [0, 1.3915036568522645]]]}";
static const double tied_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double tied_label[] = {0, 1, 1, 1};
static const double tied_probability[] = {
    0.9999995941155311,   4.0588446878919906e-07, 0.00020678824712075687, 0.9997932117528792,
    0.014205738655642917, 0.9857942613443572,     0.0012056013512919935,  0.9987943986487081};
static const double tied_value[] = {-2.4764221621596034, -4.524429361980315, -3.399973093310258,
                                    -2.79975944519519};

static void test_tied(void **state)
{
    (void)state;
    struct op *op = fake_op(TIED, "a b");
    fake_run(op, 4, tied_rows, 0, tied_label, 0);
    fake_run(op, 4, tied_rows, 1, tied_probability, TOLERANCE);
    fake_run(op, 4, tied_rows, 2, tied_value, TOLERANCE);
    op_destroy(op);
}

static const char DIAG[] =
    "{'op': 'gaussian_mixture', 'covariance_type': 'diag', 'means_': [[1.136179906546337, "
    "0.1457568588328554], [0.14783188559270521, 3.1591046430217418]], 'log_weights_': "
    "[-0.5010491481674271, -0.9311370269299362], 'precisions_cholesky_': "
    "[[0.7836037547767656, 1.1653595054576416], [1.5971738070899488, 1.5768514025210822]]}";
static const double diag_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double diag_label[] = {0, 1, 1, 1};
static const double diag_probability[] = {
    0.9999999511263481,  4.887365184229908e-08, 0.04044655972814419,  0.959553440271856,
    0.08315930955025873, 0.9168406904497411,    0.008347807889455182, 0.9916521921105447};
static const double diag_value[] = {-2.780204947876426, -8.023795841871648, -3.039329276563085,
                                    -2.2370509509458327};

static void test_diag(void **state)
{
    (void)state;
    struct op *op = fake_op(DIAG, "a b");
    fake_run(op, 4, diag_rows, 0, diag_label, 0);
    fake_run(op, 4, diag_rows, 1, diag_probability, TOLERANCE);
    fake_run(op, 4, diag_rows, 2, diag_value, TOLERANCE);
    op_destroy(op);
}

static void test_diag_common(void **state)
{
    (void)state;
    fake_estimator_check(DIAG, "a b");
}

static const char SPHERICAL[] =
    "{'op': 'gaussian_mixture', 'covariance_type': 'spherical', 'means_': "
    "[[1.1170977711351484, 0.27291032623944134], [0.0940809706989679, 3.2014725844836307]], "
    "'log_weights_': [-0.4495687231409562, -1.0158437139373735], 'precisions_cholesky_': "
    "[0.8773523508830043, 1.6463369036524895]}";
static const double spherical_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double spherical_label[] = {0, 0, 1, 1};
static const double spherical_probability[] = {
    0.9999999938812105,  6.1187896644217674e-09, 0.7743476870899101, 0.22565231291008983,
    0.27035144328776806, 0.7296485567122322,     0.0697835513103523, 0.9302164486896478};
static const double spherical_value[] = {-2.833267553229042, -7.247356521773437,
                                         -3.0437023543508044, -2.3240546335586325};

static void test_spherical(void **state)
{
    (void)state;
    struct op *op = fake_op(SPHERICAL, "a b");
    fake_run(op, 4, spherical_rows, 0, spherical_label, 0);
    fake_run(op, 4, spherical_rows, 1, spherical_probability, TOLERANCE);
    fake_run(op, 4, spherical_rows, 2, spherical_value, TOLERANCE);
    op_destroy(op);
}

static const char VARIATIONAL[] =
    "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1.794065302472742, "
    "0.9454571301781023], [0.23998944892979243, 2.8320943015350233], [0.21314768748359983, "
    "-0.11455457139370716]], 'log_weights_': [-1.472378042734936, -1.3978404025571187, "
    "-1.9498223662085126], 'precisions_cholesky_': [[[1.2560270010484857, "
    "0.3692689465978455], [0, 1.2644630708561464]], [[1.3747015085682615, 0.55673217608957], "
    "[0, 0.9774096735693538]], [[0.9676799705672047, 0.1707592583925558], [0, "
    "0.8404299791134655]]]}";
static const double variational_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double variational_label[] = {2, 1, 1, 1};
static const double variational_probability[] = {
    0.1400249467822053,  0.026393511907001194, 0.8335815413107939,  0.3167393814115796,
    0.6611006608929052,  0.022159957695515296, 0.07891706750995259, 0.8500988706454372,
    0.07098406184461023, 0.06071205314720124,  0.9217445865861719,  0.0175433602666267};
static const double variational_value[] = {-4.046586019535663, -8.449427782016654,
                                           -3.118382051402361, -2.9181015617504604};

static void test_variational(void **state)
{
    (void)state;
    struct op *op = fake_op(VARIATIONAL, "a b");
    fake_run(op, 4, variational_rows, 0, variational_label, 0);
    fake_run(op, 4, variational_rows, 1, variational_probability, TOLERANCE);
    fake_run(op, 4, variational_rows, 2, variational_value, TOLERANCE);
    op_destroy(op);
}

static void test_full_also_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1]], 'log_weights_': "
        "[-0.5093405667997188, -0.9185224606434157], 'precisions_cholesky_': "
        "[[[0.7838202415496318, -0.39052466047488377], [0, 1.3396822809535882]], "
        "[[1.586476369830558, 0.2232359523866142], [0, 1.5897791410028321]]]}",
        "a b", "expected");
}

static void test_full_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1.144143353028053, "
        "0.12618928350674635], [0.14823151029543696, 3.150791974325846]], 'log_weights_': [1], "
        "'precisions_cholesky_': [[[0.7838202415496318, -0.39052466047488377], [0, "
        "1.3396822809535882]], [[1.586476369830558, 0.2232359523866142], [0, "
        "1.5897791410028321]]]}",
        "a b", "expected 2");
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1.144143353028053, "
        "0.12618928350674635], [0.14823151029543696, 3.150791974325846]], 'log_weights_': "
        "[-0.5093405667997188, -0.9185224606434157], 'precisions_cholesky_': "
        "[[[0.7838202415496318, -0.39052466047488377], [0, 1.3396822809535882]]]}",
        "a b", "expected 2 matrices");
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'full', 'means_': [[1.144143353028053, "
        "0.12618928350674635], [0.14823151029543696, 3.150791974325846]], 'log_weights_': "
        "[-0.5093405667997188, -0.9185224606434157], 'precisions_cholesky_': [[[1, 0], [0, 0]], "
        "[[1, 0], [0, 1]]]}",
        "a b", "greater than 0");
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'x', 'means_': [[1.144143353028053, "
        "0.12618928350674635], [0.14823151029543696, 3.150791974325846]], 'log_weights_': "
        "[-0.5093405667997188, -0.9185224606434157], 'precisions_cholesky_': "
        "[[[0.7838202415496318, -0.39052466047488377], [0, 1.3396822809535882]], "
        "[[1.586476369830558, 0.2232359523866142], [0, 1.5897791410028321]]]}",
        "a b", "covariance_type");
}

static void test_tied_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'tied', 'means_': [[1.144380171716516, "
        "0.12473027954006036], [0.14886353584857534, 3.149984466121404]], 'log_weights_': "
        "[-0.5100003473629044, -0.9175299249128308], 'precisions_cholesky_': [[[1, 0]]]}",
        "a b", "expected 2 x 2");
}

static void test_spherical_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'gaussian_mixture', 'covariance_type': 'spherical', 'means_': "
        "[[1.1170977711351484, 0.27291032623944134], [0.0940809706989679, 3.2014725844836307]], "
        "'log_weights_': [-0.4495687231409562, -1.0158437139373735], 'precisions_cholesky_': [1, "
        "-1]}",
        "a b", "greater than 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_full_common),
        cmocka_unit_test(test_tied),
        cmocka_unit_test(test_diag),
        cmocka_unit_test(test_diag_common),
        cmocka_unit_test(test_spherical),
        cmocka_unit_test(test_variational),
        cmocka_unit_test(test_full_also_refused),
        cmocka_unit_test(test_full_refused),
        cmocka_unit_test(test_tied_refused),
        cmocka_unit_test(test_spherical_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
