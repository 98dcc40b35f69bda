/* LightGBM files: what they mean in small, and every way they can be wrong. The trainer's own
 * answers are in tests/golden/lightgbm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "formats/lightgbm.h"

#define HEAD                                                                       \
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"     \
    "max_feature_idx=2\nobjective=regression\nfeature_names=a b c\nfuture_key=1\n" \
    "feature_infos=[-1:3.5] 0:2:1 none\n\n"
/* a <= 0.5 ? (b in {1, 33} ? 10 : 20) : 30 */
#define TREE                                                                    \
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=1 2\n"      \
    "threshold=0.5 0\ndecision_type=8 1\nleft_child=1 -1\nright_child=-3 -2\n"  \
    "leaf_value=10 20 30\ncat_boundaries=0 2\ncat_threshold=2 2\nis_linear=0\n" \
    "shrinkage=0.1\n\n\n"
#define END                                                                        \
    "end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\n" \
    "[categorical_feature: 1]\n\nend of parameters\n"
#define WHOLE HEAD TREE END

static bool load(const char *text, size_t size, const struct format_settings *settings,
                 struct trained *trained, struct err *err)
{
    static const struct format_settings usual = FORMAT_SETTINGS_INIT;
    const struct format_file file = {.name = "model.txt", .data = text, .size = size};
    *trained = (struct trained){0};
    *err = ERR_INIT;
    bool ok = lightgbm_format.read(&file, settings != NULL ? settings : &usual, trained, err);
    assert_true(ok == (err->code == ERR_NONE));
    return ok;
}

/* The first column of an output for one row. */
static double ask(const struct trained *trained, uint32_t output, const double *row)
{
    struct arena scratch;
    struct err err = ERR_INIT;
    double answer[8] = {0};
    struct matrix out[OP_OUTPUTS_MAX] = {0};
    const struct op *op = trained->op;
    struct matrix in = {.data = (double *)row, .rows = 1, .cols = op->inputs, .stride = op->inputs};
    out[output] =
        (struct matrix){.data = answer, .rows = 1, .cols = op->outputs[output].cols, .stride = 8};
    arena_init(&scratch, 0);
    if (!op_run(op, &in, out, 1U << output, &scratch, &err))
        fail_msg("%s", err.text);
    arena_finish(&scratch);
    return answer[0];
}

static void load_whole(struct trained *trained, const char *text,
                       const struct format_settings *settings)
{
    struct err err;
    if (!load(text, strlen(text), settings, trained, &err))
        fail_msg("%s", err.text);
}

static void a_tree_answers(void **state)
{
    (void)state;
    static const struct {
        double row[3], answer;
    } cases[] = {
        {{0, 1, 0}, 10},   {{0, 33.9, 0}, 10}, {{0, 0, 0}, 20},         {{0.5, 1, 0}, 10},
        {{0.6, 1, 0}, 30}, {{NAN, 1, 0}, 30},  {{-INFINITY, 1, 0}, 10}, {{0, NAN, 0}, 20},
        {{0, -1, 0}, 20},  {{0, 64, 0}, 20},   {{0, 1e10, 0}, 20},      {{0, INFINITY, 0}, 20},
        {{0, 1, NAN}, 10},
    };
    struct trained trained;
    load_whole(&trained, WHOLE, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(ask(&trained, 0, cases[i].row) == cases[i].answer);
    assert_int_equal(trained.op->output_count, 1);
    assert_string_equal(trained.task, "regression");
    assert_string_equal(trained.trainer, "LightGBM (file version v4)");
    trained_finish(&trained);
}

static void the_schema_is_the_files(void **state)
{
    (void)state;
    struct trained trained;
    load_whole(&trained, WHOLE "\npandas_categorical:[[\"x\", 8.0, true]]\n", NULL);
    const struct field *fields = trained.schema.fields;
    assert_int_equal(trained.schema.field_count, 3);
    assert_string_equal(fields[0].name, "a");
    assert_int_equal(fields[0].type, FIELD_NUMBER);
    assert_int_equal(fields[0].on_missing, POLICY_NAN);
    assert_int_equal(fields[0].on_out_of_range, POLICY_ACCEPT);
    assert_string_equal(fields[0].description, "-1 to 3.5 in the training data");
    assert_int_equal(fields[1].type, FIELD_CATEGORY);
    assert_int_equal(fields[1].on_unknown, POLICY_NAN);
    assert_int_equal(fields[1].word_count, 3);
    assert_string_equal(fields[1].words[1], "8");
    assert_true(fields[1].word_is_number[1]);
    assert_string_equal(fields[1].words[2], "true");
    assert_null(fields[2].description);
    trained_finish(&trained);
}

static void windows_lines_are_read(void **state)
{
    (void)state;
    struct trained trained;
    struct buf buf = BUF_INIT;
    for (const char *at = WHOLE; *at != '\0'; at++)
        buf_put_text(&buf, *at == '\n' ? "\r\n" : (char[]){*at, '\0'});
    load_whole(&trained, buf_text(&buf), NULL);
    assert_true(ask(&trained, 0, (double[]){1, 0, 0}) == 30);
    trained_finish(&trained);
    buf_finish(&buf);
}

/* What a sidecar can say. */
static void settings_count(void **state)
{
    (void)state;
    struct trained trained;
    struct err err;
    struct format_settings settings = FORMAT_SETTINGS_INIT;
    settings.missing = 0;
    load_whole(&trained, WHOLE, &settings);
    assert_true(ask(&trained, 0, (double[]){0.2, 0, 0}) == 20);
    trained_finish(&trained);
    settings.missing = 1;
    load_whole(&trained, WHOLE, &settings);
    assert_true(ask(&trained, 0, (double[]){0.2, 1, 0}) == 20);
    trained_finish(&trained);
    settings = (struct format_settings)FORMAT_SETTINGS_INIT;
    settings.iterations = FORMAT_ITERATIONS_FIRST;
    settings.iteration_count = 1;
    load_whole(&trained, HEAD TREE TREE END, &settings);
    assert_true(ask(&trained, 0, (double[]){1, 0, 0}) == 30);
    trained_finish(&trained);
    load_whole(&trained, HEAD TREE TREE END, NULL);
    assert_true(ask(&trained, 0, (double[]){1, 0, 0}) == 60);
    trained_finish(&trained);
    settings.iteration_count = 3;
    assert_false(load(HEAD TREE TREE END, strlen(HEAD TREE TREE END), &settings, &trained, &err));
    assert_string_equal(err.text, "the first 3 iterations are asked for, there are 2");
    trained_finish(&trained);
    settings.iteration_count = SIZE_MAX;
    assert_false(load(WHOLE, strlen(WHOLE), &settings, &trained, &err));
    trained_finish(&trained);
}

#define LEAF(value) "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=" value "\nshrinkage=1\n\n\n"
#define HEAD_OF(version, columns, objective, more)                                      \
    "tree\nversion=" version "\nnum_class=" columns "\nnum_tree_per_iteration=" columns \
    "\nmax_feature_idx=0\n" objective more "feature_names=x\nfeature_infos=none\n\n"
#define ONE_LEAF(objective, value) HEAD_OF("v4", "1", objective, "") LEAF(value) "end of trees\n"

static void links_are_the_objectives(void **state)
{
    (void)state;
    static const struct {
        const char *text, *link;
        uint32_t output;
        double answer;
    } cases[] = {
        {ONE_LEAF("", "-2"), NULL, 0, -2},
        {ONE_LEAF("objective=custom\n", "-2"), NULL, 0, -2},
        {ONE_LEAF("objective=regression sqrt\n", "-2"), NULL, 0, -4},
        {ONE_LEAF("objective=regression sqrt\n", "-2"), NULL, 1, -2},
        {ONE_LEAF("objective=huber sqrt\n", "-2"), NULL, 0, -2},
        {ONE_LEAF("objective=tweedie\n", "0"), NULL, 0, 1},
        {ONE_LEAF("objective=xentropy\n", "0"), NULL, 0, 0.5},
        {ONE_LEAF("objective=binary sigmoid:2\n", "0.1"), NULL, 0, 1},
        {ONE_LEAF("objective=binary sigmoid:2\n", "0.1"), NULL, 2, 0.1},
        {ONE_LEAF("", "0"), "logistic", 1, 0.5},
        {ONE_LEAF("", "-3"), "signed_square", 0, -9},
        {HEAD_OF("v2", "1", "objective=binary\n", "average_output\n") LEAF("0.25") "\n", NULL, 1,
         0.75},
        {HEAD_OF("v2", "1", "objective=binary\n", "average_output\n") LEAF("-0.0") LEAF("2") "\n",
         NULL, 2, 2},
        {HEAD_OF("v2", "1", "objective=poisson\n", "average_output\n") LEAF("0") "\n", "identity",
         0, 0},
        {HEAD_OF("v4", "2", "objective=multiclass num_class:2\n", "") LEAF("1")
             LEAF("1") "end of trees\n",
         NULL, 1, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trained trained;
        struct format_settings settings = FORMAT_SETTINGS_INIT;
        settings.link = cases[i].link;
        load_whole(&trained, cases[i].text, &settings);
        double got = ask(&trained, cases[i].output, (double[]){0});
        if (got != cases[i].answer)
            fail_msg("case %zu: %.17g instead of %.17g", i, got, cases[i].answer);
        trained_finish(&trained);
    }
}

#define LINEAR_TREE                                                                 \
    "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0\n"               \
    "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=5 6\nis_linear=1\n" \
    "leaf_const=1 2\nnum_features=2 0\nleaf_features=1 2  \nleaf_coeff=10 100  \n"  \
    "shrinkage=1\n\n\n"

static void linear_leaves_add_up(void **state)
{
    (void)state;
    struct trained trained;
    load_whole(&trained, HEAD TREE LINEAR_TREE END, NULL);
    assert_true(ask(&trained, 0, (double[]){-1, 1, 3}) == 10 + 1 + 10 + 300);
    assert_true(ask(&trained, 0, (double[]){-1, 1, NAN}) == 10 + 5);
    assert_true(ask(&trained, 0, (double[]){1, 1, NAN}) == 30 + 2);
    assert_true(ask(&trained, 0, (double[]){-1, 1e-36, 0}) == 20 + 1);
    trained_finish(&trained);
}

/* Text in which the first `what` is replaced. */
static char *with(const char *text, const char *what, const char *by)
{
    const char *at = strstr(text, what);
    struct buf buf = BUF_INIT;
    assert_non_null(at);
    buf_put(&buf, text, (size_t)(at - text));
    buf_put_text(&buf, by);
    buf_put_text(&buf, at + strlen(what));
    buf_text(&buf);
    return buf.data;
}

static const struct {
    const char *what, *by, *part;
} wrong[] = {
    {"version=v4", "version=v9", "version: v2, v3 and v4 are known"},
    {"version=v4\n", "num_class=1\n", "num_class is there twice"},
    {"num_tree_per_iteration=1", "num_tree_per_iteration=0", "num_tree_per_iteration: expected"},
    {"num_tree_per_iteration=1", "num_tree_per_iteration=99999999", "from 1 to 65536"},
    {"max_feature_idx=2", "max_feature_idx=2147483647", "max_feature_idx: expected"},
    {"max_feature_idx=2", "max_feature_idx=3", "feature_names: expected 4 names, got 3"},
    {"max_feature_idx=2\n", "", "there is no max_feature_idx"},
    {"feature_names=a b c", "feature_names=a b a", "two inputs are named 'a'"},
    {"[-1:3.5] 0:2:1 none", "none", "feature_infos: expected 3 words, got 1"},
    {"[-1:3.5]", "[-1;3.5]", "feature_infos: word 0"},
    {"0:2:1", "0:x:1", "feature_infos: word 1"},
    {"objective=regression", "objective=magic", "objective 'magic' is not known"},
    {"objective=regression", "objective=binary sigmoid:-1", "sigmoid must be a number above 0"},
    {"objective=regression", "objective=binary sigmoid:1e400", "sigmoid must be"},
    {"objective=regression", "objective=multiclass num_class:3", "needs a tree per class"},
    {"num_tree_per_iteration=1\n", "num_tree_per_iteration=2\n", "one tree per iteration"},
    {"future_key=1", "tree_sizes=300 300", "tree_sizes lists 2 trees, the file has 1"},
    {"future_key=1", "tree_sizes=99999", "the file is shorter than tree_sizes says"},
    {"future_key=1", "tree_sizes=-1", "tree_sizes: number 0 is not a size"},
    {"num_leaves=3", "num_leaves=2147483647", "tree 0: leaf_value: expected 2147483647 numbers"},
    {"num_leaves=3", "num_leaves=4", "leaf_value: expected 4 numbers, got 3"},
    {"num_leaves=3", "num_leaves=2", "leaf_value: expected 2 numbers, got 3"},
    {"num_leaves=3", "num_leaves=0", "num_leaves: expected a whole number from 1 on"},
    {"num_leaves=3", "num_leaves=3\nnum_leaves=3", "num_leaves is there twice"},
    {"num_leaves=3", "num_leaves=9999999999999999999999", "num_leaves: expected"},
    {"num_leaves=3\n", "", "there is no num_leaves"},
    {"num_cat=1\n", "", "there is no num_cat"},
    {"num_cat=1", "num_cat=2147483647", "cat_boundaries: expected 2147483648 numbers"},
    {"num_cat=1", "num_cat=0", "threshold: number 1 is not one of 0 sets"},
    {"num_cat=1", "num_cat", "a line has no '='"},
    {"split_feature=0 1", "split_feature=0 3", "split_feature: number 1 is out of range"},
    {"split_feature=0 1", "split_feature=0 -1", "split_feature: number 1 is out of range"},
    {"split_feature=0 1", "split_feature=0 1 1", "split_feature: expected 2 numbers, got 3"},
    {"split_feature=0 1", "split_feature=0 1x", "split_feature: number 1 is not a whole number"},
    {"split_feature=0 1\n", "", "there is no split_feature"},
    {"threshold=0.5 0", "threshold=nan 0", "threshold: number 0 is not a number"},
    {"threshold=0.5 0", "threshold=0.5x 0", "threshold: number 0 is not a number"},
    {"threshold=0.5 0", "threshold=0.5 1", "threshold: number 1 is not one of 1 sets"},
    {"threshold=0.5 0", "threshold=0.5 -1", "threshold: number 1 is not one of 1 sets"},
    {"decision_type=8 1", "decision_type=8 12", "decision_type: number 1 is out of range"},
    {"decision_type=8 1", "decision_type=8", "decision_type: expected 2 numbers, got 1"},
    {"left_child=1 -1", "left_child=1 0", "tree 0: node"},
    {"left_child=1 -1", "left_child=0 -1", "tree 0: node"},
    {"left_child=1 -1", "left_child=2 -1", "left_child: number 0 is out of range"},
    {"left_child=1 -1", "left_child=1 -4", "left_child: number 1 is out of range"},
    {"left_child=1 -1", "left_child=1 -2", "tree 0: node"},
    {"right_child=-3 -2", "right_child=1 -2", "tree 0: node"},
    {"right_child=-3 -2", "right_child=-99999999999 -2", "right_child: number 0 is out of range"},
    {"leaf_value=10 20 30", "leaf_value=10 NaN 30", "leaf_value: number 1 is not a number"},
    {"leaf_value=10 20 30", "leaf_value=10 0x 30", "leaf_value: number 1 is not a number"},
    {"leaf_value=10 20 30\n", "", "there is no leaf_value"},
    {"cat_boundaries=0 2", "cat_boundaries=2 0", "cat_boundaries: number 1 is below the one"},
    {"cat_boundaries=0 2", "cat_boundaries=0 2147483647", "cat_threshold: expected 2147483647"},
    {"cat_boundaries=0 2", "cat_boundaries=0 3", "cat_threshold: expected 3 numbers, got 2"},
    {"cat_threshold=2 2", "cat_threshold=2 4294967296", "cat_threshold: number 1 is not a word"},
    {"cat_threshold=2 2\n", "", "there is no cat_threshold"},
    {"is_linear=0", "is_linear=1\nnum_features=4 0 0", "num_features: number 0 is out of range"},
    {"is_linear=0", "is_linear=1\nnum_features=1 0 0", "there is no leaf_features"},
    {"is_linear=0", "is_linear=1\nleaf_const=1 2", "leaf_const: expected 3 numbers, got 2"},
    {"is_linear=0", "is_linear=1\nnum_features=1 0 0\nleaf_features=3\nleaf_coeff=1",
     "leaf_features: number 0 is out of range"},
    {"is_linear=0", "is_linear=1\nnum_features=1 0 0\nleaf_features=0\nleaf_coeff=nan",
     "leaf_coeff: number 0 is not a number"},
    {"end of trees", "end of tree", "there is no \"end of trees\""},
    {"end of parameters", "", "there is no \"end of parameters\""},
    {"end of parameters", "end of parameters\npandas_categorical:[[1, 2]", "pandas_categorical:"},
    {"end of parameters", "end of parameters\npandas_categorical:{}", "expected a list of lists"},
    {"end of parameters", "end of parameters\npandas_categorical:[1]", "expected a list of lists"},
    {"end of parameters", "end of parameters\npandas_categorical:[[],[],[],[]]", "at most one"},
    {"end of parameters", "end of parameters\npandas_categorical:[[[], 1, 2]]",
     "pandas_categorical: list 0: value 0 is no word"},
    {"end of parameters", "end of parameters\npandas_categorical:[[\"a\\u0000b\", 1, 2]]",
     "pandas_categorical: list 0: value 0 is no word"},
    {"end of parameters", "end of parameters\npandas_categorical:[[1, 1, 2]]", "is there twice"},
    {"end of parameters", "end of parameters\npandas_categorical:[[0, 1], [0, 1]]",
     "cannot be told"},
    {"end of parameters", "end of parameters\npandas_categorical:[[1,2,3],[4,5,6],[7]]",
     "cannot be told"},
};

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct trained trained;
        struct err err;
        char *text = with(WHOLE, wrong[i].what, wrong[i].by);
        if (load(text, strlen(text), NULL, &trained, &err))
            fail_msg("%zu: %s is accepted", i, wrong[i].by);
        if (strstr(err.text, wrong[i].part) == NULL)
            fail_msg("%zu: \"%s\" is not in \"%s\"", i, wrong[i].part, err.text);
        trained_finish(&trained);
        free(text);
    }
}

static void other_mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *link, *part;
    } cases[] = {
        {HEAD_OF("v2", "1", "objective=poisson\n", "average_output\n") LEAF("1") "\n", NULL,
         "say \"link\": \"identity\" or \"exp\""},
        {HEAD_OF("v4", "1", "", "average_output\n") "end of trees\n", NULL, "a mean of no trees"},
        {HEAD_OF("v4", "2", "", "") LEAF("1") "end of trees\n", NULL,
         "1 trees are no multiple of 2"},
        {HEAD_OF("v4", "3", "objective=multiclass num_class:2\n", "") "end of trees\n", NULL,
         "num_class differs"},
        {ONE_LEAF("", "1"), "magic", "link 'magic' is not known"},
        {ONE_LEAF("", "1"), "softmax", "softmax needs more than one tree"},
        {"tree\nnum_class=1\n", NULL, "there is no version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trained trained;
        struct err err;
        struct format_settings settings = FORMAT_SETTINGS_INIT;
        settings.link = cases[i].link;
        assert_false(load(cases[i].text, strlen(cases[i].text), &settings, &trained, &err));
        if (strstr(err.text, cases[i].part) == NULL)
            fail_msg("%zu: \"%s\" is not in \"%s\"", i, cases[i].part, err.text);
        trained_finish(&trained);
    }
}

/* A file that was cut is refused, wherever that matters; behind the trees it may have lost nothing
 * but parameters. Each prefix stands at the end of its memory, so that reading on is seen. */
static void every_prefix_is_judged(void **state)
{
    (void)state;
    size_t trees_end = (size_t)(strstr(WHOLE, "end of trees") - WHOLE) + strlen("end of trees");
    size_t parameters = (size_t)(strstr(WHOLE, "parameters:\n") - WHOLE) + strlen("parameters:");
    size_t parameters_end = strlen(WHOLE) - 1;
    for (size_t size = 0; size <= strlen(WHOLE); size++) {
        struct trained trained;
        struct err err;
        char *text = malloc(size > 0 ? size : 1);
        assert_non_null(text);
        memcpy(text, WHOLE, size);
        bool whole = size >= trees_end && (size < parameters || size >= parameters_end);
        if (load(text, size, NULL, &trained, &err) != whole)
            fail_msg("%zu bytes are %s", size, whole ? "refused" : "accepted");
        trained_finish(&trained);
        free(text);
    }
}

/* Two gigabytes of claims cost nothing: nothing is allocated for what cannot be there. */
static void claims_are_cheap(void **state)
{
    (void)state;
    static const char *const claims[][2] = {
        {"num_leaves=3", "num_leaves=2147483647"},
        {"num_cat=1", "num_cat=2147483647"},
        {"cat_boundaries=0 2", "cat_boundaries=0 2147483647"},
        {"future_key=1", "tree_sizes=2147483647 2147483647"},
        {"max_feature_idx=2", "max_feature_idx=2147483647"},
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        char *text = with(WHOLE, claims[i][0], claims[i][1]);
        clock_t start = clock();
        for (int times = 0; times < 1000; times++) {
            struct trained trained;
            struct err err;
            assert_false(load(text, strlen(text), NULL, &trained, &err));
            trained_finish(&trained);
        }
        assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1.0); /* a millisecond each */
        free(text);
    }
}

static void files_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {WHOLE, true},
        {"tree\r\nversion=v2\r\n", true},
        {"tree\nnum_class=1\n", true},
        {"tree", false},
        {"tree\n", false},
        {"trees\nversion=v2", false},
        {"", false},
        {"tree\nleaves=1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct format_file file = {
            .name = "m", .data = cases[i].text, .size = strlen(cases[i].text)};
        assert_true(lightgbm_format.detect(&file) == cases[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_answers),           cmocka_unit_test(the_schema_is_the_files),
        cmocka_unit_test(windows_lines_are_read),   cmocka_unit_test(settings_count),
        cmocka_unit_test(links_are_the_objectives), cmocka_unit_test(linear_leaves_add_up),
        cmocka_unit_test(mistakes_are_named),       cmocka_unit_test(other_mistakes_are_named),
        cmocka_unit_test(every_prefix_is_judged),   cmocka_unit_test(claims_are_cheap),
        cmocka_unit_test(files_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
