#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {0, 7, 1, 5, NAN, 7};
    const double expected[] = {1, 1, 0, 0, NAN, 1};
    fake_check("{'op': 'ordinal_encoder', 'categories_': [['b', 'a', null], [5, 7]]}", "u:a,b n", 3,
               in, expected, 0);
    struct op *op =
        fake_op("{'op': 'ordinal_encoder', 'categories_': [['b', 'a', null], [5, 7]]}", "u:a,b n");
    fake_names(op, "u n");
    op_destroy(op);
}

static void test_missing_and_unknown(void **state)
{
    (void)state;
    const double in[] = {NAN, -1, 1};
    const double expected[] = {-2, -1, 0};
    fake_check("{'op': 'ordinal_encoder', 'categories_': [['b', null]], 'handle_unknown': "
               "'use_encoded_value', 'unknown_value': -1, 'encoded_missing_value': -2}",
               "u:a,b", 3, in, expected, 0);
    const double as_unknown[] = {NAN, NAN, 0};
    fake_check("{'op': 'ordinal_encoder', 'categories_': [['b']], 'handle_unknown': "
               "'use_encoded_value', 'unknown_value': 'NaN'}",
               "u:a,b", 3, in, as_unknown, 0);
}

static void test_infrequent(void **state)
{
    (void)state;
    const double in[] = {0, 1, 2, 3, NAN};
    const double expected[] = {0, 2, 1, 2, NAN};
    fake_check("{'op': 'ordinal_encoder', 'categories_': [['a', 'b', 'c', 'd', null]], "
               "'infrequent_categories_': [['b', 'd']]}",
               "u:a,b,c,d", 5, in, expected, 0);
}

static void test_unknown(void **state)
{
    (void)state;
    const double in[] = {1, NAN};
    struct op *op = fake_op("{'op': 'ordinal_encoder', 'categories_': [['b']]}", "u:a,b");
    fake_run_refused(op, 2, in, ERR_CATEGORY, 1, "u");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'ordinal_encoder', 'categories_': [['a', 'b']], "
                    "'infrequent_categories_': [['b'], ['a']]}",
                    "u:a,b", "$.infrequent_categories_: expected 1 list, got 2");
    fake_op_refused("{'op': 'ordinal_encoder', 'categories_': [['b']], 'handle_unknown': "
                    "'use_encoded_value'}",
                    "u:a,b", "$.unknown_value: is required");
    fake_op_refused("{'op': 'ordinal_encoder', 'categories_': []}", "u:a,b",
                    "expected 1 lists, got 0");
    fake_op_refused("{'op': 'ordinal_encoder', 'categories_': [['b']], 'handle_unknown': 'ignore'}",
                    "u:a,b", "$.handle_unknown: expected one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_missing_and_unknown),
        cmocka_unit_test(test_infrequent), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
