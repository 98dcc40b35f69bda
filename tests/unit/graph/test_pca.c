#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {3.049879164947092,    -3.0620655238187386, 0.3181938545779658,
                         3.97647450709377,     3.0987452278050007,  -2.4286080054739076,
                         -3.5629450223879693,  0.34530594012439453, 1.2361053954317314,
                         -0.42745021707734876, -1.8973286477943418, 0.9448561568384451};
    const double expected[] = {5.490519605449666, 2.7260686660265416, 4.590046612880614,
                               -2.50225797578126, 2.063796552788562,  -0.6622277069649438};
    fake_check("{'op': 'pca', 'components_': [[0.6904759062072457, -0.5492305222921166, "
               "-0.2320960556977159, 0.409536661679481], [-0.21841307112095226, "
               "-0.07119966019310782, 0.7041770965588191, 0.6718340237245289]], 'mean_': "
               "[-0.10140589257458611, 0.08089635595724157, -0.2208367997232464, "
               "-0.2075941098717183]}",
               "a b c d", 3, in, expected, 1e-13);
}

static void test_whitened(void **state)
{
    (void)state;
    const double in[] = {3.049879164947092,    -3.0620655238187386, 0.3181938545779658,
                         3.97647450709377,     3.0987452278050007,  -2.4286080054739076,
                         -3.5629450223879693,  0.34530594012439453, 1.2361053954317314,
                         -0.42745021707734876, -1.8973286477943418, 0.9448561568384451};
    const double expected[] = {1.6527227315739896,  1.479456969244337,  1.3816678422498225,
                               -1.3579933063508418, 0.6212314537138145, -0.3593957146075952};
    fake_check("{'op': 'pca', 'components_': [[0.6904759062072457, -0.5492305222921166, "
               "-0.2320960556977159, 0.409536661679481], [-0.21841307112095226, "
               "-0.07119966019310782, 0.7041770965588191, 0.6718340237245289]], 'mean_': "
               "[-0.10140589257458611, 0.08089635595724157, -0.2208367997232464, "
               "-0.2075941098717183], 'whiten': true, 'explained_variance_': "
               "[11.036386275412173, 3.3952277033292435]}",
               "a b c d", 3, in, expected, 1e-13);
}

static void test_without_mean(void **state)
{
    (void)state;
    const double in[] = {1, 2};
    const double expected[] = {5, -1};
    fake_check("{'op': 'pca', 'components_': [[1, 2], [1, -1]]}", "a b", 1, in, expected, 0);
}

/* A fitted estimator has the attribute whether it whitens or not. */
static void test_variance_without_whitening(void **state)
{
    (void)state;
    const double in[] = {1, 2}, expected[] = {5, -1};
    fake_check("{'op': 'pca', 'components_': [[1, 2], [1, -1]], 'explained_variance_': [4, 4], "
               "'whiten': false}",
               "a b", 1, in, expected, 0);
    fake_op_refused("{'op': 'pca', 'components_': [[1]], 'explained_variance_': [1, 2]}", "a",
                    "$.explained_variance_: expected 1 number, got 2");
    fake_op_refused("{'op': 'pca', 'components_': [[1]], 'explained_variance_': [-1], 'whiten': "
                    "true}",
                    "a", "$.explained_variance_: expected numbers greater than 0");
    fake_op_refused("{'op': 'pca', 'components_': [[1]], 'explained_variance_': [0], 'whiten': "
                    "true}",
                    "a", "$.explained_variance_: expected numbers greater than 0");
}

static void test_names(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'pca', 'components_': [[1, 2], [1, -1]]}", "a b");
    fake_names(op, "pca0 pca1");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'pca'}", "a", "$.components_: is required");
    fake_op_refused("{'op': 'pca', 'components_': [[1]]}", "a b",
                    "expected n x 2 numbers, got 1 x 1");
    fake_op_refused("{'op': 'pca', 'components_': [[1]], 'mean_': [1, 2]}", "a",
                    "$.mean_: expected 1 number, got 2");
    fake_op_refused("{'op': 'pca', 'components_': [[1]], 'whiten': true}", "a",
                    "$.explained_variance_: is required");
    fake_op_refused("{'op': 'pca', 'components_': [[1]]}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_whitened),
        cmocka_unit_test(test_without_mean), cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_variance_without_whitening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
