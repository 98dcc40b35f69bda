/* XGBoost files: what they mean in small, and every way they can be wrong, in both notations. The
 * trainer's own answers are in tests/golden/xgboost. */
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
#include "codec/json.h"
#include "formats/xgboost.h"

/* x0 < 0.5 ? (x1 in {0, 33} ? 3 : 0.25) : -1.5; a missing x0 goes left, a missing x1 right. The
 * last node was deleted. */
#define TREE                                                                                  \
    "{\"base_weights\":[0,0.5,-1.5,0.25,3,9],\"categories\":[0,33],\"categories_nodes\":[1]," \
    "\"categories_segments\":[0],\"categories_sizes\":[2],\"default_left\":[1,0,0,0,0,0],"    \
    "\"id\":0,\"left_children\":[1,3,-1,-1,-1,7],\"right_children\":[2,4,-1,-1,-1,7],"        \
    "\"split_conditions\":[0.5,0.5,-1.5,0.25,3.0,9.5],"                                       \
    "\"split_indices\":[0,1,0,0,0,2147483647],\"split_type\":[0,1,0,0,0,0],"                  \
    "\"tree_param\":{\"num_nodes\":\"6\",\"size_leaf_vector\":\"1\"}}"
#define MODEL                                                                                \
    "{\"cats\":{\"enc\":[]},\"gbtree_model_param\":{\"num_parallel_tree\":\"1\","            \
    "\"num_trees\":\"2\"},\"iteration_indptr\":[0,1,2],\"tree_info\":[0,0],\"trees\":[" TREE \
    "," TREE "]}"
#define FILE_WITH(booster, parameters, objective)                                            \
    "{\"learner\":{\"attributes\":{},\"feature_names\":[\"a\",\"b\"],\"feature_types\":["    \
    "\"float\",\"c\"],\"gradient_booster\":" booster ",\"learner_model_param\":{" parameters \
    "},\"objective\":{\"name\":\"" objective "\"}},\"version\":[2,1,4]}"
#define PARAMETERS \
    "\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\"2\",\"num_target\":\"1\""
#define WHOLE FILE_WITH("{\"model\":" MODEL ",\"name\":\"gbtree\"}", PARAMETERS, "reg:squarederror")

/* As XGBoost writes UBJSON: 64-bit lengths, arrays of one type where they can be. */
static void put_length(struct buf *out, size_t length)
{
    buf_put_char(out, 'L');
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_put_char(out, (char)((uint64_t)length >> shift & 0xFF));
}

static void put_bits(struct buf *out, uint64_t bits, int size)
{
    for (int shift = size * 8 - 8; shift >= 0; shift -= 8)
        buf_put_char(out, (char)(bits >> shift & 0xFF));
}

static void put_number(struct buf *out, const struct json *value, char type)
{
    int64_t integer = 0;
    float single = (float)json_number(value);
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    json_integer(value, &integer);
    if (type == 'd')
        put_bits(out, bits, 4);
    else
        put_bits(out, (uint64_t)integer, type == 'l' ? 4 : 8);
}

static bool all_numbers(const struct json *array, bool *whole)
{
    size_t count = json_array_length(array);
    int64_t integer;
    *whole = true;
    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_array_at(array, i);
        if (json_type(item) != JSON_NUMBER)
            return false;
        *whole = *whole && json_integer(item, &integer) && integer == (int32_t)integer;
    }
    return count > 0;
}

static void put_ubjson(struct buf *out, const struct json *value)
{
    int64_t integer;
    size_t length;
    bool whole;
    switch (json_type(value)) {
    case JSON_NULL:
        buf_put_char(out, 'Z');
        break;
    case JSON_BOOL:
        buf_put_char(out, json_bool(value) ? 'T' : 'F');
        break;
    case JSON_NUMBER:
        whole = json_integer(value, &integer);
        buf_put_char(out, whole ? 'L' : 'd');
        put_number(out, value, whole ? 'L' : 'd');
        break;
    case JSON_STRING: {
        const char *text = json_string(value, &length);
        buf_put_char(out, 'S');
        put_length(out, length);
        buf_put(out, text, length);
        break;
    }
    case JSON_ARRAY: {
        size_t count = json_array_length(value);
        bool typed = all_numbers(value, &whole);
        buf_put_text(out, !typed ? "[#" : whole ? "[$l#" : "[$d#");
        put_length(out, count);
        for (size_t i = 0; i < count; i++) {
            if (typed)
                put_number(out, json_array_at(value, i), whole ? 'l' : 'd');
            else
                put_ubjson(out, json_array_at(value, i));
        }
        break;
    }
    case JSON_NUMBERS:
    case JSON_OBJECT:
        buf_put_char(out, '{');
        for (struct json_iterator it = json_begin(value); json_next(&it);) {
            put_length(out, it.key_length);
            buf_put(out, it.key, it.key_length);
            put_ubjson(out, it.value);
        }
        buf_put_char(out, '}');
        break;
    }
}

static struct buf ubjson_of(const char *text)
{
    struct buf out = BUF_INIT;
    struct json *root;
    struct err err = ERR_INIT;
    if (!json_parse(text, strlen(text), &root, &err))
        fail_msg("%s", err.text);
    put_ubjson(&out, root);
    json_free(root);
    return out;
}

static bool load(const char *data, size_t size, const struct format_settings *settings,
                 struct trained *trained, struct err *err)
{
    static const struct format_settings usual = FORMAT_SETTINGS_INIT;
    char *copy = malloc(size + 1); /* so that a sanitizer sees a byte too far */
    assert_non_null(copy);
    memcpy(copy, data, size);
    const struct format_file file = {.name = "model", .data = copy, .size = size};
    *trained = (struct trained){0};
    *err = ERR_INIT;
    bool ok = xgboost_format.read(&file, settings != NULL ? settings : &usual, trained, err);
    assert_true(ok == (err->code == ERR_NONE));
    assert_true(ok == (err->text[0] == '\0'));
    free(copy);
    return ok;
}

static void load_text(const char *text, const struct format_settings *settings,
                      struct trained *trained)
{
    struct err err;
    if (!load(text, strlen(text), settings, trained, &err))
        fail_msg("%s", err.text);
}

static double ask(const struct trained *trained, uint32_t output, double a, double b)
{
    struct arena scratch;
    struct err err = ERR_INIT;
    double row[] = {a, b}, answer[8] = {0};
    struct matrix out[OP_OUTPUTS_MAX] = {0};
    struct matrix in = {.data = row, .rows = 1, .cols = 2, .stride = 2};
    assert_int_equal(trained->op->inputs, 2);
    out[output] = (struct matrix){
        .data = answer, .rows = 1, .cols = trained->op->outputs[output].cols, .stride = 8};
    arena_init(&scratch, 0);
    if (!op_run(trained->op, &in, out, 1U << output, &scratch, &err))
        fail_msg("%s", err.text);
    arena_finish(&scratch);
    return answer[0];
}

/* A copy of `text` with the first `from` replaced, or all that there are. */
static char *edit(const char *text, const char *from, const char *to, bool all)
{
    struct buf out = BUF_INIT;
    const char *found = strstr(text, from);
    if (found == NULL)
        fail_msg("%s is not there", from);
    while (found != NULL) {
        buf_put(&out, text, (size_t)(found - text));
        buf_put_text(&out, to);
        text = found + strlen(from);
        found = all ? strstr(text, from) : NULL;
    }
    buf_put_text(&out, text);
    char *copy = strdup(buf_text(&out));
    buf_finish(&out);
    return copy;
}

/* Both trees, from the base score 0.5. */
static void check_answers(const struct trained *trained)
{
    static const struct {
        double a, b, leaf;
    } cases[] = {
        {0, 0, 3},
        {0, 33, 3},
        {0, 33.9, 3},
        {0, 1, 0.25},
        {0, 64, 0.25},
        {0, -1, 0.25},
        {0, -0.5, 0.25},
        {0, 1e10, 0.25},
        {0, INFINITY, 0.25},
        {0, NAN, 3},
        {0.5, 0, -1.5},
        {NAN, 0, 3},
        {-INFINITY, 1, 0.25},
        {INFINITY, 1, -1.5},
        {0.499999999, 1, -1.5},
        {0.49999997, 1, 0.25},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = ask(trained, 0, cases[i].a, cases[i].b);
        if (value != 0.5 + 2 * cases[i].leaf)
            fail_msg("case %zu gave %g", i, value);
    }
}

static void a_tree_answers(void **state)
{
    (void)state;
    struct trained trained;
    struct err err;
    load_text(WHOLE, NULL, &trained);
    check_answers(&trained);
    assert_string_equal(trained.task, "regression");
    assert_string_equal(trained.trainer, "XGBoost 2.1.4");
    assert_int_equal(trained.op->output_count, 1);
    trained_finish(&trained);
    struct buf binary = ubjson_of(WHOLE);
    if (!load(binary.data, binary.length, NULL, &trained, &err))
        fail_msg("%s", err.text);
    check_answers(&trained);
    trained_finish(&trained);
    buf_finish(&binary);
}

static void the_schema_is_the_files(void **state)
{
    (void)state;
    struct trained trained;
    load_text(WHOLE, NULL, &trained);
    assert_int_equal(trained.schema.field_count, 2);
    assert_string_equal(trained.schema.fields[1].name, "b");
    assert_int_equal(trained.schema.fields[1].type, FIELD_NUMBER);
    assert_int_equal(trained.schema.fields[0].on_missing, POLICY_NAN);
    trained_finish(&trained);
    char *text = edit(WHOLE, "\"enc\":[]",
                      "\"enc\":[{\"offsets\":[],\"values\":[]},{\"offsets\":[0,1,3],"
                      "\"values\":[120,-61,-92]}]",
                      false);
    load_text(text, NULL, &trained); /* not ASCII, of a release that cuts it: codes */
    assert_int_equal(trained.schema.fields[1].type, FIELD_NUMBER);
    trained_finish(&trained);
    char *newer = edit(text, "[2,1,4]", "[3,4,1]", false);
    load_text(newer, NULL, &trained);
    assert_int_equal(trained.schema.fields[0].type, FIELD_NUMBER);
    assert_int_equal(trained.schema.fields[1].type, FIELD_CATEGORY);
    assert_int_equal(trained.schema.fields[1].word_count, 2);
    assert_string_equal(trained.schema.fields[1].words[1], "ä");
    assert_int_equal(trained.schema.fields[1].on_unknown, POLICY_REJECT);
    trained_finish(&trained);
    free(newer);
    free(text);
    text = edit(WHOLE, "\"enc\":[]", "\"enc\":[{\"type\":15,\"values\":[8,-3]}]", false);
    load_text(text, NULL, &trained);
    assert_string_equal(trained.schema.fields[0].words[1], "-3");
    assert_true(trained.schema.fields[0].word_is_number[1]);
    trained_finish(&trained);
    free(text);
    text = edit(WHOLE, "\"feature_names\":[\"a\",\"b\"],", "", false);
    load_text(text, NULL, &trained);
    assert_string_equal(trained.schema.fields[1].name, "f1");
    trained_finish(&trained);
    free(text);
}

static void settings_are_followed(void **state)
{
    (void)state;
    struct trained trained;
    struct format_settings settings = FORMAT_SETTINGS_INIT;
    settings.missing = 0;
    load_text(WHOLE, &settings, &trained);
    assert_true(ask(&trained, 0, 1, 0) == 0.5 - 3);   /* x0 is there */
    assert_true(ask(&trained, 0, 0, 1) == 0.5 + 0.5); /* missing goes left, too */
    assert_true(ask(&trained, 0, 0, 0) == 0.5 + 6);   /* missing goes right */
    trained_finish(&trained);
    settings = (struct format_settings)FORMAT_SETTINGS_INIT;
    settings.iterations = FORMAT_ITERATIONS_FIRST;
    settings.iteration_count = 1;
    load_text(WHOLE, &settings, &trained);
    assert_true(ask(&trained, 0, 0, 0) == 3.5);
    trained_finish(&trained);
    char *text = edit(WHOLE, "\"attributes\":{", "\"attributes\":{\"best_iteration\":\"0\"", false);
    load_text(text, NULL, &trained);
    assert_true(ask(&trained, 0, 0, 0) == 3.5);
    trained_finish(&trained);
    settings.iterations = FORMAT_ITERATIONS_ALL;
    load_text(text, &settings, &trained);
    assert_true(ask(&trained, 0, 0, 0) == 6.5);
    trained_finish(&trained);
    free(text);
    settings.link = "logistic";
    load_text(WHOLE, &settings, &trained);
    assert_int_equal(trained.op->classes, 2);
    assert_true(ask(&trained, 0, 0, 0) == 1 && ask(&trained, 0, 1, 0) == 0);
    assert_true(ask(&trained, 2, 0, 0) == 6.5);
    trained_finish(&trained);
    struct err err;
    settings.link = "probit";
    assert_false(load(WHOLE, strlen(WHOLE), &settings, &trained, &err));
    assert_non_null(strstr(err.text, "\"logistic\""));
    trained_finish(&trained);
    settings.link = "softmax";
    assert_false(load(WHOLE, strlen(WHOLE), &settings, &trained, &err));
    trained_finish(&trained);
}

static void odd_numbers_are_computed_with(void **state)
{
    (void)state;
    struct trained trained;
    /* Nothing is less than NaN: right. */
    char *text = edit(WHOLE, "\"split_conditions\":[0.5,", "\"split_conditions\":[NaN,", true);
    load_text(text, NULL, &trained);
    assert_true(ask(&trained, 0, -INFINITY, 1) == 0.5 - 3);
    assert_true(ask(&trained, 0, NAN, 1) == 0.5 + 0.5);
    trained_finish(&trained);
    free(text);
    text = edit(WHOLE, "\"split_conditions\":[0.5,", "\"split_conditions\":[Infinity,", true);
    load_text(text, NULL, &trained);
    assert_true(ask(&trained, 0, 1e300, 1) == 0.5 - 3); /* an infinity as float32 */
    assert_true(ask(&trained, 0, 1e30, 1) == 0.5 + 0.5);
    trained_finish(&trained);
    free(text);
    text = edit(WHOLE, "-1.5,0.25,3.0", "-Infinity,0.25,3.0", true);
    load_text(text, NULL, &trained);
    assert_true(ask(&trained, 0, 1, 1) == -INFINITY);
    trained_finish(&trained);
    free(text);
}

static void snapshots_are_models(void **state)
{
    (void)state;
    static const char text[] =
        "{\"Config\":{\"learner\":{\"learner_model_param\":{}}},\"Model\":" WHOLE "}";
    const struct format_file file = {.name = "m", .data = text, .size = strlen(text)};
    struct trained trained;
    assert_true(xgboost_format.detect(&file));
    load_text(text, NULL, &trained);
    check_answers(&trained);
    trained_finish(&trained);
}

static void only_its_files_are_detected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {WHOLE, true},
        {"{\"learner\":", true},
        {" \n{ \"version\" : [1,0,0], \"learner\":{", true},
        {"{L\0\0\0\0\0\0\0\7learner", true},
        {"{\"Model\":{\"version\":[1,7,6]", true},
        {"{\"version\":\"1\",\"learner\":{", false},
        {"{\"Config\":1}", false},
        {"{\"format\":\"omen/1\"}", false},
        {"{}", false},
        {"", false},
        {"[{\"learner\":1}]", false},
        {"tree\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size =
            cases[i].text[0] == '{' && cases[i].text[1] == 'L' ? 17 : strlen(cases[i].text);
        const struct format_file file = {.name = "m", .data = cases[i].text, .size = size};
        assert_int_equal(xgboost_format.detect(&file), cases[i].is);
    }
}

static void refused(const char *data, size_t size, const char *part)
{
    struct trained trained;
    struct err err;
    if (load(data, size, NULL, &trained, &err))
        fail_msg("loaded, where \"%s\" is wrong", part);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, err.text);
    assert_null(trained.op);
    trained_finish(&trained);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    struct buf binary = ubjson_of(WHOLE);
    for (size_t size = 0; size < strlen(WHOLE); size++)
        refused(WHOLE, size, "");
    for (size_t size = 0; size < binary.length; size++)
        refused(binary.data, size, "");
    buf_finish(&binary);
}

#define LEFT "\"left_children\":[1,3,-1,-1,-1,7]"

static const struct {
    const char *from, *to, *part;
} wrong[] = {
    /* Trees. */
    {LEFT, "\"left_children\":[1,0,-1,-1,-1,7]", "tree 0: node 1: leads to node 0"},
    {LEFT, "\"left_children\":[1,1,-1,-1,-1,7]", "node 1"},
    {LEFT, "\"left_children\":[2,3,-1,-1,-1,7]", "node 2"},
    {LEFT, "\"left_children\":[1,6,-1,-1,-1,7]", "node 6"},
    {LEFT, "\"left_children\":[1,2147483647,-1,-1,-1,7]", "node 2147483647"},
    {LEFT, "\"left_children\":[1,-2,-1,-1,-1,7]", "negative"},
    {LEFT, "\"left_children\":[1,2147483648,-1,-1,-1,7]", ""},
    {LEFT, "\"left_children\":[1,3,-1,-1,-1]", "length"},
    {LEFT, "\"left_children\":[]", "nodes"},
    {LEFT, "\"left_children\":\"x\"", "expected an array, not a string"},
    {LEFT, "\"left_children\":[0.5]", ""},
    {LEFT, LEFT "," LEFT, "twice"},
    {LEFT ",", "", "no nodes"},
    {"\"split_indices\":[0,1", "\"split_indices\":[0,2", "feature"},
    {"\"split_indices\":[0,1", "\"split_indices\":[-1,1", "negative"},
    {"\"split_conditions\":[0.5,", "\"split_conditions\":[", "lengths"},
    {"\"default_left\":[1,", "\"default_left\":[", "lengths"},
    {"\"num_nodes\":\"6\"", "\"num_nodes\":\"5\"", "num_nodes"},
    {"\"split_type\":[0,1", "\"split_type\":[0,2", "split_type"},
    {"\"split_type\":[0,", "\"split_type\":[", "split_type"},
    {"\"split_type\":[0,1", "\"split_type\":[1,1", "no categories"},
    {"\"categories_nodes\":[1]", "\"categories_nodes\":[6]", "categories_nodes"},
    {"\"categories_nodes\":[1]", "\"categories_nodes\":[-1]", "categories_nodes"},
    {"\"categories_nodes\":[1]", "\"categories_nodes\":[]", "different lengths"},
    {"\"categories_sizes\":[2]", "\"categories_sizes\":[3]", "outside"},
    {"\"categories_sizes\":[2]", "\"categories_sizes\":[0]", "outside"},
    {"\"categories_segments\":[0]", "\"categories_segments\":[-1]", "outside"},
    {"\"categories_segments\":[0]", "\"categories_segments\":[2147483647]", "outside"},
    {"\"categories\":[0,33]", "\"categories\":[0,-1]", "negative"},
    {"\"categories\":[0,33]", "\"categories\":[0,16777216]", "large"},
    {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "base_weights"},
    {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"2\"", ""},
    {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"2000000000\"", ""},
    {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"x\"", "whole number"},
    /* The model. */
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,1]", "tree_info"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,-1]", "tree_info"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,0,0]", "num_trees"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"2147483647\"", "num_trees"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"-1\"", "num_trees"},
    {"\"iteration_indptr\"", "\"weight_drop\":[1,1,1],\"iteration_indptr\"", "weight_drop"},
    {"\"trees\":[", "\"trees\":[],\"trees\":[", "twice"},
    {"," TREE "]", "]", "there are 1 trees of 2"},
    {"\"name\":\"gbtree\"", "\"name\":\"gbforest\"", "gbforest"},
    {"\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "weights"},
    /* The learner. */
    {"\"num_feature\":\"2\"", "\"num_feature\":\"0\"", "not trained"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"3\"", "feature_names"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"4294967295\"", "num_feature"},
    {"\"num_class\":\"0\"", "\"num_class\":\"2147483647\"", "num_class"},
    {"\"num_target\":\"1\"", "\"num_target\":\"99999999999999999999\"", "num_target"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"[1,2]\"", "2 numbers for 1 outputs"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"nan\"", "base_score"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"[]\"", "base_score"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"Infinity\"", "base_score"},
    {"\"base_score\":\"5E-1\",", "", "base_score"},
    {"\"a\",\"b\"]", "\"a\",\"a\"]", "a"},
    {"\"a\",\"b\"]", "\"a\"]", "feature_names"},
    {"\"float\",\"c\"]", "\"float\"]", "feature_types"},
    {"reg:squarederror", "my:loss", "link"},
    {"\"reg:squarederror\"", "\"multi:softprob\"", "class"},
    {"\"enc\":[]", "\"enc\":[{},{},{}]", "cats"},
    {"\"enc\":[]", "\"enc\":[{\"offsets\":[0,4],\"values\":[65]}]", "offsets"},
    {"\"enc\":[]", "\"enc\":[{\"offsets\":[2,0],\"values\":[65]}]", "offsets"},
    {"\"enc\":[]", "\"enc\":[{\"offsets\":[0,1,2],\"values\":[65,65]}]", ""},
    /* The file. */
    {"[2,1,4]", "[4,0,0]", "newer"},
    {"[2,1,4]", "[2,1]", "version"},
    {"\"version\"", "\"learner\":{},\"version\"", "twice"},
    {"[2,1,4]}", "[2,1,4]} x", ""},
    {"\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"-1\"}", "best_iteration"},
    {"\"attributes\":{}", "\"attributes\":[]", "attributes"},
};

static void wrong_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *text = edit(WHOLE, wrong[i].from, wrong[i].to, false);
        refused(text, strlen(text), wrong[i].part);
        struct json *root;
        struct err err = ERR_INIT;
        bool twice = strstr(wrong[i].part, "twice") != NULL; /* a tree keeps the last */
        if (!twice && json_parse(text, strlen(text), &root, &err)) {
            json_free(root);
            struct buf binary = ubjson_of(text);
            refused(binary.data, binary.length, wrong[i].part);
            buf_finish(&binary);
        }
        free(text);
    }
}

static void deep_files_are_refused(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{\"learner\":{\"x\":");
    for (int i = 0; i < 100000; i++)
        buf_put_char(&text, '[');
    refused(text.data, text.length, "nested too deeply");
    buf_finish(&text);
}

/* A list of 2^31 numbers that is said to be in a file of 200 bytes. */
static void large_claims_cost_nothing(void **state)
{
    (void)state;
    static const char head[] = "{L\0\0\0\0\0\0\0\7learner{L\0\0\0\0\0\0\0\20gradient_booster"
                               "{L\0\0\0\0\0\0\0\5model{L\0\0\0\0\0\0\0\7weights[$d#L";
    static const char *const lengths[] = {"\0\0\0\0\x80\0\0\0", "\x7f\xff\xff\xff\xff\xff\xff\xff",
                                          "\0\0\0\0\0\0\1\0"};
    struct timespec before, after;
    for (size_t i = 0; i < 3; i++) {
        char text[200] = "";
        memcpy(text, head, sizeof head - 1);
        memcpy(text + sizeof head - 1, lengths[i], 8);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        refused(text, sizeof text, "claims more values than the file has bytes");
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        long taken = (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec;
        print_message("# refused within %ld us\n", taken / 1000);
        assert_true(taken < 5000000L); /* microseconds; sanitizers take some more */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_answers),          cmocka_unit_test(the_schema_is_the_files),
        cmocka_unit_test(settings_are_followed),   cmocka_unit_test(odd_numbers_are_computed_with),
        cmocka_unit_test(snapshots_are_models),    cmocka_unit_test(only_its_files_are_detected),
        cmocka_unit_test(every_prefix_is_refused), cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(deep_files_are_refused),  cmocka_unit_test(large_claims_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
