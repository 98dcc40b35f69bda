#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_words(void **state)
{
    (void)state;
    const double in[] = {0, 1, 1, 0, 0, 2};
    const double expected[] = {0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['m', 'f'], ['1', 2.0, '3']]}",
               "sex:f,m class:2,1,3", 3, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'one_hot_encoder', 'categories_': [['m', 'f'], ['1', 2.0, '3']]}",
                "sex:f,m class:2,1,3");
    fake_names(op, "sex=m sex=f class=1 class=2 class=3");
    op_destroy(op);
}

static void test_numbers(void **state)
{
    (void)state;
    const double in[] = {2, -0.5, 10};
    const double expected[] = {0, 1, 0, 1, 0, 0, 0, 0, 1};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [[-0.5, 2, '10']]}", "n", 3, in, expected,
               0);
    const double other[] = {2.5};
    const double nothing[] = {0, 0, 0};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [[-0.5, 2, '10']], 'handle_unknown': "
               "'ignore'}",
               "n", 1, other, nothing, 0);
}

static void test_drop(void **state)
{
    (void)state;
    const double in[] = {0, 0, 1, 1, 2, 0};
    const double expected[] = {0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c'], ['x', 'y']], "
               "'drop_idx_': [0, null]}",
               "u:a,b,c v:x,y", 3, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c'], ['x', 'y']], "
                "'drop_idx_': [1, null]}",
                "u:a,b,c v:x,y");
    fake_names(op, "u=a u=c v=x v=y");
    op_destroy(op);
}

static void test_missing_category(void **state)
{
    (void)state;
    const double in[] = {NAN, 1};
    const double expected[] = {0, 1, 1, 0};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['b', null]]}", "u:a,b", 2, in, expected,
               0);
    struct op *op = fake_op("{'op': 'one_hot_encoder', 'categories_': [['b', 'NaN']]}", "u:a,b");
    fake_names(op, "u=b u=nan");
    op_destroy(op);
    const double gap[] = {NAN, 1};
    const double zeros[] = {0, 1};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['b']], 'handle_unknown': 'ignore'}",
               "u:a,b", 2, gap, zeros, 0);
}

static void test_infrequent(void **state)
{
    (void)state;
    const double in[] = {0, 1, 2, 3, -1, NAN};
    const double expected[] = {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c', 'd']], "
               "'infrequent_categories_': [['b', 'd']], 'handle_unknown': 'infrequent_if_exist'}",
               "u:a,b,c,d", 6, in, expected, 0);
    struct op *op = fake_op("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c', 'd']], "
                            "'infrequent_categories_': [['b', 'd']]}",
                            "u:a,b,c,d");
    fake_names(op, "u=a u=c u=infrequent");
    op_destroy(op);
    const double one[] = {-1};
    const double none[] = {0, 0};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['a', 'b']], "
               "'infrequent_categories_': [null], 'handle_unknown': 'infrequent_if_exist'}",
               "u:a,b", 1, one, none, 0);
}

static void test_infrequent_dropped(void **state)
{
    (void)state;
    const double in[] = {0, 1, 2};
    const double expected[] = {1, 0, 0, 0, 0, 1};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c']], "
               "'infrequent_categories_': [['b']], 'drop_idx_': [1]}",
               "u:a,b,c", 3, in, expected, 0);
    const double first[] = {0, 0, 0, 1, 1, 0};
    fake_check("{'op': 'one_hot_encoder', 'categories_': [['a', 'b', 'c']], "
               "'infrequent_categories_': [['b']], 'drop_idx_': [0]}",
               "u:a,b,c", 3, in, first, 0);
}

static void test_unknown(void **state)
{
    (void)state;
    const double in[] = {0, 0, 1, -1};
    struct op *op =
        fake_op("{'op': 'one_hot_encoder', 'categories_': [['a', 'b'], ['x']]}", "u:a,b v:x,y");
    fake_run_refused(op, 2, in, ERR_CATEGORY, 1, "v");
    op_destroy(op);
    const double new_word[] = {0, 1};
    op = fake_op("{'op': 'one_hot_encoder', 'categories_': [['a', 'b'], ['x']]}", "u:a,b v:x,y");
    fake_run_refused(op, 1, new_word, ERR_CATEGORY, 0, "v");
    const double missing[] = {NAN, 0};
    fake_run_refused(op, 1, missing, ERR_CATEGORY, 0, "u");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a', 'b']], "
                    "'infrequent_categories_': [['b'], ['a']]}",
                    "u:a,b", "$.infrequent_categories_: expected 1 list, got 2");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']]}", "u v",
                    "$.categories_: expected 2 lists, got 1");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']]}", "u",
                    "column 'u' holds numbers, not words");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a', 'a']]}", "u:a,b",
                    "'a' is there twice");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [[8, '8.0']]}", "u",
                    "a category is there twice");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [[8, '8.0']]}", "u:8,9",
                    "'8' is there twice");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [[null, 'NaN']]}", "u",
                    "the missing value is there twice");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']], 'drop_idx_': [1]}", "u:a,b",
                    "$.drop_idx_: item 0 is no position");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']], 'drop_idx_': [0, 0]}",
                    "u:a,b", "$.drop_idx_: expected 1 number, got 2");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']], 'drop_idx_': [0]}", "u:a,b",
                    "make no column");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']], 'infrequent_categories_': "
                    "[['z']]}",
                    "u:a,b", "item 0 is not in categories_");
    fake_op_refused(
        "{'op': 'one_hot_encoder', 'categories_': [['a']], 'infrequent_categories_': []}", "u:a,b",
        "$.infrequent_categories_");
    fake_op_refused("{'op': 'one_hot_encoder', 'categories_': [['a']], 'handle_unknown': 'x'}",
                    "u:a,b", "$.handle_unknown: expected one of");
    fake_op_refused("{'op': 'one_hot_encoder'}", "u:a,b", "$.categories_: expected 1 lists, got 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_drop),       cmocka_unit_test(test_missing_category),
        cmocka_unit_test(test_infrequent), cmocka_unit_test(test_infrequent_dropped),
        cmocka_unit_test(test_unknown),    cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
