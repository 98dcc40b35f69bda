/* Encoders, scalers, linear models, columns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "one_node.h"

static struct one_node node;

static int end(void **state)
{
    (void)state;
    one_node_finish(&node);
    return 0;
}

static void begin(const char *type, int64_t version)
{
    one_node_init(&node, "ai.onnx.ml", type, version);
}

static void refuse(const char *why)
{
    assert_false(one_node_make(&node));
    if (strstr(node.err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", node.err.text, why);
    node.err = ERR_INIT;
}

static void assert_floats(const float *expected, size_t count)
{
    assert_int_equal(node.results[0].count, count);
    for (size_t i = 0; i < count; i++) {
        float got = node.results[0].floats[i];
        if (!(got == expected[i] || (isnan(got) && isnan(expected[i]))))
            fail_msg("element %zu is %g, not %g", i, (double)got, (double)expected[i]);
    }
}

static void test_label_encoder(void **state)
{
    (void)state;
    begin("LabelEncoder", 2);
    one_node_floats(&node, "keys_floats", (const float[]){1, 0, NAN, 1}, 4);
    one_node_floats(&node, "values_floats", (const float[]){10, 20, 30, 40}, 4);
    one_node_float(&node, "default_float", 5);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){1, -0.0F, NAN, 7}, 2, 2));
    assert_floats((const float[]){40, 20, 5, 5}, 4); /* the last of equal keys */
    node.version = 4;
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){1, -0.0F, NAN, 7}, 2, 2));
    assert_floats((const float[]){40, 20, 30, 5}, 4);
    one_node_floats(&node, "values_floats", (const float[]){10, 20}, 2);
    refuse("4 keys for 2 values");
    one_node_ints(&node, "values_int64s", (const int64_t[]){1}, 1);
    refuse("two types");
}

static void test_one_hot(void **state)
{
    (void)state;
    begin("OneHotEncoder", 1);
    one_node_ints(&node, "cats_int64s", (const int64_t[]){3, 1}, 2);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){1.9F, 3, NAN, INFINITY}, 4, 1));
    assert_floats((const float[]){0, 1, 1, 0, 0, 0, 0, 0}, 8);
    assert_int_equal(node.results[0].rank, 3);
    one_node_int(&node, "zeros", 0);
    assert_true(one_node_make(&node));
    assert_false(one_node_run_floats(&node, (const float[]){7}, 1, 1));
    assert_int_equal(node.err.code, ERR_CATEGORY);
    one_node_ints(&node, "cats_int64s", NULL, 0);
    refuse("must be given");
}

static void test_scaler_and_imputer(void **state)
{
    (void)state;
    begin("Scaler", 1);
    one_node_floats(&node, "offset", (const float[]){1, 2}, 2);
    one_node_floats(&node, "scale", (const float[]){2, 0.5F}, 2);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){3, 4, 1, 0}, 2, 2));
    assert_floats((const float[]){4, 1, 0, -1}, 4);
    assert_false(one_node_run_floats(&node, (const float[]){3, 4, 1}, 1, 3));
    one_node_floats(&node, "scale", (const float[]){2}, 1);
    refuse("offset has 2 elements, scale 1");
    one_node_finish(&node);
    begin("Imputer", 1);
    one_node_floats(&node, "imputed_value_floats", (const float[]){7, 8}, 2);
    one_node_float(&node, "replaced_value_float", NAN);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){NAN, 1, 2, NAN}, 2, 2));
    assert_floats((const float[]){7, 1, 2, 8}, 4);
    assert_false(one_node_run_floats(&node, (const float[]){1, 2, 3}, 1, 3));
}

static void test_normalizer(void **state)
{
    (void)state;
    begin("Normalizer", 1);
    one_node_string(&node, "norm", "MAX");
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){-4, 2, 0, 0}, 2, 2));
    assert_floats((const float[]){-2, 1, 0, 0}, 4);
    one_node_string(&node, "norm", "L2");
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){-3, 4, 0, 0}, 2, 2));
    assert_floats((const float[]){-0.6F, 0.8F, 0, 0}, 4);
}

static void test_linear_classifier(void **state)
{
    (void)state;
    begin("LinearClassifier", 1);
    node.outputs = 2;
    one_node_floats(&node, "coefficients", (const float[]){1, 0, 0, 1, -1, -1}, 6);
    one_node_floats(&node, "intercepts", (const float[]){0, 0, 1}, 3);
    one_node_ints(&node, "classlabels_ints", (const int64_t[]){5, 6, 7}, 3);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){2, 2, 0, 0, 1, 3}, 3, 2));
    assert_int_equal(node.results[0].int64s[0], 5); /* the first of the largest */
    assert_int_equal(node.results[0].int64s[1], 7);
    assert_int_equal(node.results[0].int64s[2], 6);
    assert_false(one_node_run_floats(&node, (const float[]){2, 2, 1}, 1, 3));
    one_node_floats(&node, "coefficients", (const float[]){1, 0, 0, 1}, 4);
    refuse("4 coefficients");
    one_node_ints(&node, "classlabels_ints", (const int64_t[]){5, 6}, 2);
    refuse("2 labels for 3 classes");
    one_node_strings(&node, "classlabels_strings", (const char *const[]){"a"}, 1);
    refuse("exactly one");
}

static void test_feature_extractor(void **state)
{
    (void)state;
    begin("ArrayFeatureExtractor", 1);
    node.inputs = 2;
    const float x[] = {1, 2, 3, 4, 5, 6};
    const int64_t picked[] = {2, 0}, outside[] = {3, 0};
    struct value inputs[2] = {one_node_value(VALUE_FLOAT, x, (int64_t[]){2, 3}, 2),
                              one_node_value(VALUE_INT64, picked, (int64_t[]){2}, 1)};
    assert_true(one_node_make(&node));
    assert_true(one_node_run(&node, inputs));
    assert_floats((const float[]){3, 1, 6, 4}, 4);
    inputs[0] = one_node_value(VALUE_FLOAT, x, (int64_t[]){3}, 1);
    assert_true(one_node_run(&node, inputs));
    assert_int_equal(node.results[0].rank, 2);
    inputs[1] = one_node_value(VALUE_INT64, outside, (int64_t[]){2}, 1);
    assert_false(one_node_run(&node, inputs));
    inputs[1] = one_node_value(VALUE_INT64, outside, (int64_t[]){0}, 1);
    assert_false(one_node_run(&node, inputs));
}

static void test_feature_vectorizer(void **state)
{
    (void)state;
    begin("FeatureVectorizer", 1);
    node.inputs = 2;
    one_node_ints(&node, "inputdimensions", (const int64_t[]){1, 3}, 2);
    const float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
    struct value inputs[2] = {one_node_value(VALUE_FLOAT, a, (int64_t[]){2, 2}, 2),
                              one_node_value(VALUE_FLOAT, b, (int64_t[]){2, 2}, 2)};
    assert_true(one_node_make(&node));
    assert_true(one_node_run(&node, inputs));
    assert_floats((const float[]){1, 5, 6, 0, 3, 7, 8, 0}, 8);
    inputs[1] = one_node_value(VALUE_FLOAT, b, (int64_t[]){4, 1}, 2);
    assert_false(one_node_run(&node, inputs));
    one_node_ints(&node, "inputdimensions", (const int64_t[]){1, INT64_MAX}, 2);
    refuse("inputdimensions");
}

static void test_maps(void **state)
{
    (void)state;
    begin("DictVectorizer", 1);
    one_node_ints(&node, "int64_vocabulary", (const int64_t[]){4, 2, 9}, 3);
    assert_true(one_node_make(&node));
    const int64_t keys[] = {9, 4, 77};
    const float values[] = {1.5F, 2.5F, 3.5F};
    struct value items[2] = {one_node_value(VALUE_INT64, keys, (int64_t[]){3}, 1),
                             one_node_value(VALUE_FLOAT, values, (int64_t[]){3}, 1)};
    struct value map = {.kind = VALUE_MAP, .type = VALUE_FLOAT, .count = 2, .items = items};
    assert_true(one_node_run(&node, &map));
    assert_floats((const float[]){2.5F, 0, 1.5F}, 3);
    one_node_finish(&node);
    begin("CastMap", 1);
    one_node_string(&node, "map_form", "SPARSE");
    one_node_int(&node, "max_map", 10);
    items[0].count = items[1].count = 2;
    assert_true(one_node_make(&node));
    assert_true(one_node_run(&node, &map));
    assert_floats((const float[]){0, 0, 0, 0, 2.5F, 0, 0, 0, 0, 1.5F}, 10);
    items[0].count = items[1].count = 3;
    assert_false(one_node_run(&node, &map)); /* 77 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_label_encoder, end),
        cmocka_unit_test_teardown(test_one_hot, end),
        cmocka_unit_test_teardown(test_scaler_and_imputer, end),
        cmocka_unit_test_teardown(test_normalizer, end),
        cmocka_unit_test_teardown(test_linear_classifier, end),
        cmocka_unit_test_teardown(test_feature_extractor, end),
        cmocka_unit_test_teardown(test_feature_vectorizer, end),
        cmocka_unit_test_teardown(test_maps, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
