/* scikit-learn 1.9.1: TfidfTransformer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char L2[] = "{'op': 'tfidf_transformer', 'norm': 'l2', 'idf_': [1.5108256237659907, "
                         "1.5108256237659907, 1.5108256237659907, 1.5108256237659907]}";
static const double l2_rows[] = {0, 1, 2, 0, 3, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1};
static const double l2_value[] = {0,
                                  0.4472135954999579,
                                  0.8944271909999159,
                                  0,
                                  0.9486832980505139,
                                  0,
                                  0,
                                  0.31622776601683794,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0.5,
                                  0.5,
                                  0.5,
                                  0.5};

static void test_l2(void **state)
{
    (void)state;
    struct op *op = fake_op(L2, "a b c d");
    fake_run(op, 4, l2_rows, 0, l2_value, TOLERANCE);
    op_destroy(op);
}

static const char L1[] =
    "{'op': 'tfidf_transformer', 'norm': 'l1', 'sublinear_tf': true, 'idf_': "
    "[1.5108256237659907, 1.5108256237659907, 1.5108256237659907, 1.5108256237659907]}";
static const double l1_rows[] = {0, 1, 2, 0, 3, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1};
static const double l1_value[] = {0,
                                  0.37131279241563214,
                                  0.6286872075843678,
                                  0,
                                  0.6772748873238883,
                                  0,
                                  0,
                                  0.32272511267611165,
                                  0,
                                  0,
                                  0,
                                  0,
                                  0.25,
                                  0.25,
                                  0.25,
                                  0.25};

static void test_l1(void **state)
{
    (void)state;
    struct op *op = fake_op(L1, "a b c d");
    fake_run(op, 4, l1_rows, 0, l1_value, TOLERANCE);
    op_destroy(op);
}

static const char PLAIN[] =
    "{'op': 'tfidf_transformer', 'norm': 'none', 'idf_': [1.6931471805599454, "
    "1.6931471805599454, 1.6931471805599454, 1.6931471805599454]}";
static const double plain_rows[] = {0, 1, 2, 0, 3, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1};
static const double plain_value[] = {0,
                                     1.6931471805599454,
                                     3.386294361119891,
                                     0,
                                     5.079441541679836,
                                     0,
                                     0,
                                     1.6931471805599454,
                                     0,
                                     0,
                                     0,
                                     0,
                                     1.6931471805599454,
                                     1.6931471805599454,
                                     1.6931471805599454,
                                     1.6931471805599454};

static void test_plain(void **state)
{
    (void)state;
    struct op *op = fake_op(PLAIN, "a b c d");
    fake_run(op, 4, plain_rows, 0, plain_value, TOLERANCE);
    op_destroy(op);
}

static const char NORM_ONLY[] = "{'op': 'tfidf_transformer', 'norm': 'l2'}";
static const double norm_only_rows[] = {0, 1, 2, 0, 3, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1};
static const double norm_only_value[] = {0,
                                         0.4472135954999579,
                                         0.8944271909999159,
                                         0,
                                         0.9486832980505138,
                                         0,
                                         0,
                                         0.31622776601683794,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0.5,
                                         0.5,
                                         0.5,
                                         0.5};

static void test_norm_only(void **state)
{
    (void)state;
    struct op *op = fake_op(NORM_ONLY, "a b c d");
    fake_run(op, 4, norm_only_rows, 0, norm_only_value, TOLERANCE);
    op_destroy(op);
}

static void test_l2_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'tfidf_transformer', 'idf_': [1]}", "a b c d", "expected 4");
    fake_op_refused("{'op': 'tfidf_transformer', 'idf_': [1, 1, 1, 1], 'norm': 'max'}", "a b c d",
                    "norm");
}

static void test_words_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'tfidf_transformer'}", "a~", "free text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l2),         cmocka_unit_test(test_l1),
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_norm_only),
        cmocka_unit_test(test_l2_refused), cmocka_unit_test(test_words_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
