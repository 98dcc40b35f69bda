/* scikit-learn's rule for TargetEncoder: a number per category, the mean for all others. */
#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_one_target(void **state)
{
    (void)state;
    const double in[] = {0, 3, 1, 7, 2, NAN, -1, 3.5};
    const double expected[] = {0.25, 10, 0.75, 20, 0.5, 30, 0.5, 0.5};
    fake_check("{'op': 'target_encoder', 'categories_': [['a', 'b'], [3, 7, null]], 'encodings_': "
               "[[0.25, 0.75], [10, 20, 30]], 'target_mean_': [0.5]}",
               "w:a,b,c n", 4, in, expected, 0);
}

static void test_targets(void **state)
{
    (void)state;
    const double in[] = {0, 1, 2};
    const double expected[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    fake_check("{'op': 'target_encoder', 'categories_': [['a', 'b']], 'encodings_': "
               "[[0.1, 0.3], [0.2, 0.4]], 'target_mean_': [0.5, 0.6]}",
               "w:a,b,c", 3, in, expected, 0);
}

static void test_names(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'target_encoder', 'categories_': [['a']], 'encodings_': "
                            "[[1], [2]], 'target_mean_': [0, 0]}",
                            "w:a");
    fake_names(op, "w=0 w=1");
    op_destroy(op);
    op = fake_op("{'op': 'target_encoder', 'categories_': [['a']], 'encodings_': [[1]], "
                 "'target_mean_': [0]}",
                 "w:a");
    fake_names(op, "w");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'target_encoder', 'categories_': [['a', 'b']], 'encodings_': [[1]], "
                    "'target_mean_': [0]}",
                    "w:a,b", "expected 2");
    fake_op_refused("{'op': 'target_encoder', 'categories_': [['a']], 'encodings_': [[1]], "
                    "'target_mean_': [0, 1]}",
                    "w:a", "expected 2 lists, got 1");
    fake_op_refused("{'op': 'target_encoder', 'categories_': [['a']], 'encodings_': [[1]], "
                    "'target_mean_': []}",
                    "w:a", "expected a number");
    fake_op_refused("{'op': 'target_encoder', 'categories_': [['a']], 'encodings_': [[1]]}", "w:a",
                    "target_mean_");
    fake_op_refused("{'op': 'target_encoder', 'categories_': [], 'encodings_': [[1]], "
                    "'target_mean_': [0]}",
                    "w:a", "categories_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_target),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
