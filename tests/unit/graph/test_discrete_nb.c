/* scikit-learn 1.9.1: MultinomialNB, ComplementNB, BernoulliNB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char MULTINOMIAL[] =
    "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1.0647107369924282, -1.421385680931161,"
    " -0.8823891801984738], [-0.8602012652231115, -1.6486586255873819, -0.9555114450274362], "
    "[-0.7308875085427924, -1.9095425048844386, -0.9932517730102832]], 'class_log_prior_': "
    "[-1.0986122886681098, -1.0986122886681098, -1.0986122886681098]}";
static const double multinomial_rows[] = {0, 0, 2, 0, 3, 1, 2, 3, 3, 1, 0, 1};
static const double multinomial_label[] = {0, 0, 0, 2};
static const double multinomial_probability[] = {
    0.3752229882958017, 0.32417255625079033, 0.3006044554534078,  0.5963111297868485,
    0.2802890695587868, 0.12339980065436501, 0.5169230833735824,  0.31599532008428827,
    0.1670815965421298, 0.29496953238261436, 0.33638598916069584, 0.3686444784566899};

static void test_multinomial(void **state)
{
    (void)state;
    struct op *op = fake_op(MULTINOMIAL, "a b c");
    fake_run(op, 4, multinomial_rows, 0, multinomial_label, 0);
    fake_run(op, 4, multinomial_rows, 1, multinomial_probability, TOLERANCE);
    op_destroy(op);
}

static void test_multinomial_common(void **state)
{
    (void)state;
    fake_estimator_check(MULTINOMIAL, "a b c");
}

static const char COMPLEMENT[] =
    "{'op': 'multinomial_nb', 'feature_log_prob_': [[0.7765287894989963, 1.8325814637483102, "
    "0.9675840262617056], [0.8792494601938059, 1.667706820558076, 0.9257694758286987], "
    "[0.9555114450274363, 1.5533484457830569, 0.9067212808580043]], 'class_log_prior_': [0, "
    "0, 0]}";
static const double complement_rows[] = {0, 0, 2, 0, 3, 1, 2, 3, 3, 1, 0, 1};
static const double complement_label[] = {0, 0, 0, 2};
static const double complement_probability[] = {
    0.35648543195202365, 0.3278854383542109,  0.3156291296937652,  0.5020125100642898,
    0.29359068218930595, 0.20439680774640423, 0.45950819638423607, 0.30354520340011654,
    0.23694660021564803, 0.3136587552423784,  0.3333562535055778,  0.35298499125204374};

static void test_complement(void **state)
{
    (void)state;
    struct op *op = fake_op(COMPLEMENT, "a b c");
    fake_run(op, 4, complement_rows, 0, complement_label, 0);
    fake_run(op, 4, complement_rows, 1, complement_probability, TOLERANCE);
    op_destroy(op);
}

static const char BERNOULLI[] =
    "{'op': 'bernoulli_nb', 'feature_log_prob_': [[-0.5596157879354227, -0.8472978603872034, "
    "-0.33647223662121295], [-0.5596157879354227, -1.252762968495368, -0.5596157879354227], "
    "[-0.33647223662121295, -1.252762968495368, -0.5596157879354227]], 'class_log_prior_': "
    "[-1.0986122886681098, -1.0986122886681098, -1.0986122886681098], 'binarize': 1.5}";
static const double bernoulli_rows[] = {0, 0, 2, 0, 3, 1, 2, 3, 3, 1, 0, 1};
static const double bernoulli_label[] = {0, 0, 0, 1};
static const double bernoulli_probability[] = {0.375,
                                               0.375,
                                               0.24999999999999994,
                                               0.375,
                                               0.375,
                                               0.24999999999999994,
                                               0.45454545454545453,
                                               0.24242424242424238,
                                               0.303030303030303,
                                               0.24242424242424238,
                                               0.45454545454545453,
                                               0.303030303030303};

static void test_bernoulli(void **state)
{
    (void)state;
    struct op *op = fake_op(BERNOULLI, "a b c");
    fake_run(op, 4, bernoulli_rows, 0, bernoulli_label, 0);
    fake_run(op, 4, bernoulli_rows, 1, bernoulli_probability, TOLERANCE);
    op_destroy(op);
}

static void test_bernoulli_common(void **state)
{
    (void)state;
    fake_estimator_check(BERNOULLI, "a b c");
}

static void test_multinomial_also_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1, -1, 'NaN'], [-1, -1, -1]], "
        "'class_log_prior_': [-1.0986122886681098, -1.0986122886681098, -1.0986122886681098]}",
        "a b c", "finite");
}

static void test_multinomial_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1, -1, -1]], 'class_log_prior_': "
        "[-1.0986122886681098, -1.0986122886681098, -1.0986122886681098]}",
        "a b c", "two classes");
    fake_op_refused(
        "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1.0647107369924282, -1.421385680931161,"
        " -0.8823891801984738], [-0.8602012652231115, -1.6486586255873819, -0.9555114450274362], "
        "[-0.7308875085427924, -1.9095425048844386, -0.9932517730102832]], 'class_log_prior_': "
        "[-1, -1]}",
        "a b c", "expected 3");
    fake_op_refused(
        "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1.0647107369924282, -1.421385680931161,"
        " -0.8823891801984738], [-0.8602012652231115, -1.6486586255873819, -0.9555114450274362], "
        "[-0.7308875085427924, -1.9095425048844386, -0.9932517730102832]], 'class_log_prior_': "
        "[-1, -1, 1]}",
        "a b c", "logarithms");
    fake_op_refused(
        "{'op': 'multinomial_nb', 'feature_log_prob_': [[-1, -1], [-1, -1]], 'class_log_prior_': "
        "[-1.0986122886681098, -1.0986122886681098, -1.0986122886681098]}",
        "a b c", "expected");
}

static void test_bernoulli_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'bernoulli_nb', 'feature_log_prob_': [[-1, -1, 0], [-1, -1, -1], [-1, -1, -1]], "
        "'class_log_prior_': [-1.0986122886681098, -1.0986122886681098, -1.0986122886681098], "
        "'binarize': 1.5}",
        "a b c", "below 1");
    fake_op_refused(
        "{'op': 'bernoulli_nb', 'class_log_prior_': [-1.0986122886681098, -1.0986122886681098, "
        "-1.0986122886681098], 'binarize': 1.5}",
        "a b c", "feature_log_prob_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multinomial),         cmocka_unit_test(test_multinomial_common),
        cmocka_unit_test(test_complement),          cmocka_unit_test(test_bernoulli),
        cmocka_unit_test(test_bernoulli_common),    cmocka_unit_test(test_multinomial_also_refused),
        cmocka_unit_test(test_multinomial_refused), cmocka_unit_test(test_bernoulli_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
