/* The model document: what a whole one becomes, and how each mistake in one is named. */
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
#include "formats/format.h"

/* text is JSON with ' for ". */
static bool load(const char *text, struct artifact *artifact, struct err *err)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *at = copy; *at != '\0'; at++)
        *at = *at == '\'' ? '"' : *at;
    struct format_file file = {.name = "model.json", .data = copy, .size = strlen(copy)};
    bool ok = format_load(&file, 1, artifact, err);
    free(copy);
    return ok;
}

static const char whole[] =
    "{'format': 'omen/1', 'name': 'titanic', 'version': '7', 'description': 'who lived',"
    " 'created': '2026-08-01', 'task': 'classification',"
    " 'source': {'trainer': 'by hand', 'file': null},"
    " 'inputs': ["
    "  {'name': 'age', 'min': 0, 'max': 120, 'on_missing': {'replace': 30},"
    "   'on_out_of_range': 'clip', 'description': 'in years'},"
    "  {'name': 'deck', 'type': 'category', 'values': ['b', 8, '9.0'], 'required': false,"
    "   'on_missing': 'zero', 'on_unknown': {'replace': '8'}},"
    "  {'name': 'fare', 'type': 'number', 'on_missing': 'nan', 'on_out_of_range': 'accept'}],"
    " 'steps': [{'op': 'select', 'columns': ['fare', 'age']},"
    "           {'op': 'standard_scaler', 'columns': ['age'], 'mean_': [30], 'scale_': [10]}],"
    " 'model': {'op': 'logistic_regression', 'coef_': [[0.5, 1]], 'intercept_': [0]},"
    " 'outputs': {'labels': ['died', 'lived'], 'positive': 'died', 'threshold': 0.25,"
    "             'names': {'probability': 'p'}, 'default': 'p', 'round': 3},"
    " 'golden': {'rtol': 1e-3, 'rows': ["
    "  {'in': [30, 'b', 0], 'out': {'label': 'died', 'prediction': [0.5, 0.5], 'score': 0}},"
    "  {'in': {'age': 200, 'deck': 'x', 'fare': 'NaN'}, 'out': {'label': 'lived'}}]},"
    " 'baseline': {'rows': 3, 'features': {"
    "   'age': {'count': 2, 'missing': 1, 'mean': 31, 'std': 1, 'min': 30, 'max': 32,"
    "           'edges': [30, 31, 32], 'counts': [1, 1]},"
    "   'deck': {'counts': {'b': 1, '8.0': 2}}},"
    "  'prediction': {'edges': [0, 0.5, 1], 'counts': [1, 2]}}}";

static void inputs_are_read(void **state)
{
    (void)state;
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!load(whole, &artifact, &err))
        fail_msg("%s", err.text);
    const struct schema *schema = &artifact.graph->schema;
    assert_int_equal(schema->field_count, 3);
    const struct field *age = &schema->fields[0];
    assert_string_equal(age->description, "in years");
    assert_true(age->minimum == 0 && age->maximum == 120 && age->missing_replacement == 30);
    assert_int_equal(age->on_missing, POLICY_REPLACE);
    assert_int_equal(age->on_out_of_range, POLICY_CLIP);
    const struct field *deck = &schema->fields[1];
    assert_int_equal(deck->type, FIELD_CATEGORY);
    assert_int_equal(deck->word_count, 3);
    assert_string_equal(deck->words[1], "8");
    assert_string_equal(deck->words[2], "9");
    assert_true(deck->word_is_number[1] && !deck->word_is_number[2] && !deck->required);
    assert_true(deck->unknown_replacement == 1);
    assert_int_equal(schema->fields[2].on_out_of_range, POLICY_ACCEPT);
    artifact_finish(&artifact);
}

static void outputs_are_read(void **state)
{
    (void)state;
    struct artifact artifact;
    assert_true(load(whole, &artifact, NULL));
    const struct graph *graph = artifact.graph;
    assert_string_equal(artifact.name, "titanic");
    assert_string_equal(artifact.version, "7");
    assert_string_equal(artifact.trainer, "by hand");
    assert_string_equal(artifact.task, "classification");
    assert_string_equal(artifact.created, "2026-08-01");
    assert_string_equal(artifact.description, "who lived");
    assert_string_equal(artifact.format, "omen/1");
    assert_int_equal(graph->step_count, 3);
    assert_string_equal(graph->labels[1].text, "lived");
    assert_true(graph->positive == 0 && graph->threshold == 0.25 && graph->decimals == 3);
    assert_int_equal(graph_output_find(graph, "p", 1), (int)graph->default_output);
    assert_int_equal(graph_output_find(graph, "probability", 11), -1);
    artifact_finish(&artifact);
}

static void golden_rows_are_encoded(void **state)
{
    (void)state;
    struct artifact artifact;
    assert_true(load(whole, &artifact, NULL));
    const struct golden *golden = &artifact.golden;
    assert_int_equal(golden->row_count, 2);
    assert_true(golden->rtol == 1e-3 && golden->atol == 1e-9);
    assert_int_equal(golden->rows[0].expected_count, 3);
    assert_true(golden->rows[0].expected[0].values[0] == 0);
    assert_true(golden->rows[0].expected[1].values[1] == 0.5);
    assert_int_equal(golden->rows[0].expected[1].output, artifact.graph->default_output);
    const double *in = golden->rows[1].in;
    assert_true(in[0] == 120 && in[1] == 1 && isnan(in[2]));
    assert_true(golden->rows[1].expected[0].values[0] == 1);
    artifact_finish(&artifact);
}

static void the_baseline_is_kept(void **state)
{
    (void)state;
    struct artifact artifact;
    assert_true(load(whole, &artifact, NULL));
    const struct baseline *baseline = &artifact.baseline;
    assert_true(baseline->rows == 3);
    assert_int_equal(baseline->feature_count, 3);
    const struct baseline_feature *age = &baseline->features[0];
    assert_true(age->count == 2 && age->missing == 1 && age->maximum == 32);
    assert_true(age->edge_count == 3 && age->count_count == 2 && age->edges[1] == 31);
    const struct baseline_feature *deck = &baseline->features[1];
    assert_true(deck->count_count == 3 && deck->counts[0] == 1 && deck->counts[1] == 2);
    assert_true(isnan(deck->mean));
    assert_null(baseline->features[2].name);
    assert_string_equal(baseline->prediction.name, "p");
    assert_true(baseline->prediction.counts[1] == 2);
    artifact_finish(&artifact);
}

static void the_graph_computes(void **state)
{
    (void)state;
    struct artifact artifact;
    assert_true(load(whole, &artifact, NULL));
    struct arena arena;
    arena_init(&arena, 0);
    double row[] = {30, 0, 2};
    struct matrix in = {.data = row, .rows = 1, .cols = 3, .stride = 3};
    struct matrix out[OP_OUTPUTS_MAX] = {0};
    uint32_t index = artifact.graph->default_output;
    assert_true(graph_run(artifact.graph, &in, out, 1U << index, &arena, &arena, NULL));
    assert_true(out[index].data[1] == 0.731); /* the sigmoid of 0.5 * 2, rounded */
    arena_finish(&arena);
    artifact_finish(&artifact);
}

#define INPUT "'inputs': [{'name': 'a'}]"
#define MODEL "'model': {'op': 'linear_regression', 'coef_': [2]}"
#define CLASSES "'model': {'op': 'logistic_regression', 'coef_': [[1]], 'intercept_': [0]}"
#define DOCUMENT(members) "{'format': 'omen/1', " members "}"
#define WITH_INPUT(members) DOCUMENT("'inputs': [{" members "}], " MODEL)
#define WITH_WORDS(members) \
    WITH_INPUT("'name': 'a', 'type': 'category', 'values': ['x', 'y'], " members)
#define WITH_MODEL(members) DOCUMENT(INPUT ", 'model': {" members "}")
#define REGRESSION(members) DOCUMENT(INPUT ", " MODEL ", " members)
#define CLASSIFIER(members) DOCUMENT(INPUT ", " CLASSES ", " members)

static void the_smallest_document_loads(void **state)
{
    (void)state;
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!load(DOCUMENT(INPUT ", " MODEL), &artifact, &err))
        fail_msg("%s", err.text);
    assert_null(artifact.name);
    assert_int_equal(artifact.golden.row_count, 0);
    assert_int_equal(artifact.baseline.feature_count, 0);
    artifact_finish(&artifact);
    assert_true(load(DOCUMENT(INPUT ", 'steps': [{'op': 'passthrough'}]"), &artifact, NULL));
    artifact_finish(&artifact);
}

static const struct {
    const char *document, *sentence;
} broken[] = {
    {"{'format': 'omen/1', ", "model.json: not valid JSON"},
    {"{'format': 'omen/2'}", "$.format: expected \"omen/1\""},
    {DOCUMENT(INPUT ", " INPUT), "$.inputs: the key is there twice"},
    {REGRESSION("'golde': {}"), "$.golde: there is no such member; did you mean \"golden\"?"},
    {REGRESSION("'zzz': {}"), "$.zzz: there is no such member"},
    {REGRESSION("'name': 7"), "$.name: expected a string, not a number"},
    {REGRESSION("'name': 'a\\u0000b'"), "$.name: the text contains U+0000"},
    {REGRESSION("'source': {'x': 1}"), "$.source.x: expected a string, not a number"},
    {DOCUMENT(MODEL), "$.inputs: is required"},
    {DOCUMENT("'inputs': {}, " MODEL), "$.inputs: expected an array, not an object"},
    {DOCUMENT("'inputs': [], " MODEL), "$.inputs: a model needs at least one input"},
    {DOCUMENT("'inputs': [3], " MODEL), "$.inputs[0]: expected an object, not a number"},
    {DOCUMENT("'inputs': [{'name': 'a'}, {'name': 'a'}], " MODEL), "two inputs are named 'a'"},
    {WITH_INPUT("'type': 'number'"), "$.inputs[0].name: is required"},
    {WITH_INPUT("'name': ''"), "$.inputs: input 0 has no name"},
    {WITH_INPUT("'name': 'a', 'typ': 'number'"), "did you mean \"type\"?"},
    {WITH_INPUT("'name': 'a', 'type': 'word'"), "expected \"number\", \"category\" or \"text\""},
    {WITH_INPUT("'name': 'a', 'type': 'category'"), "$.inputs[0].values: is required"},
    {WITH_INPUT("'name': 'a', 'type': 'category', 'values': []"), "$.inputs[0].values: is empty"},
    {WITH_INPUT("'name': 'a', 'type': 'category', 'values': [null]"), "values[0]: expected a word"},
    {WITH_INPUT("'name': 'a', 'type': 'category', 'values': [8, '8.0']"), "twice"},
    {WITH_WORDS("'min': 1"), "$.inputs[0].min: only a number has it"},
    {WITH_INPUT("'name': 'a', 'values': ['x']"), "$.inputs[0].values: only a category has it"},
    {WITH_INPUT("'name': 'a', 'min': 'x'"), "$.inputs[0].min: expected a number, not a string"},
    {WITH_INPUT("'name': 'a', 'min': 2, 'max': 1"), "min is above max"},
    {WITH_INPUT("'name': 'a', 'required': 1"), "expected true or false, not a number"},
    {WITH_INPUT("'name': 'a', 'required': false"), "is not required, but on_missing rejects"},
    {WITH_INPUT("'name': 'a', 'on_missing': 'clip'"),
     "$.inputs[0].on_missing: expected \"reject\""},
    {WITH_INPUT("'name': 'a', 'on_missing': {}"), "$.inputs[0].on_missing.replace: is required"},
    {WITH_INPUT("'name': 'a', 'on_missing': {'replac': 1}"), "did you mean \"replace\"?"},
    {WITH_INPUT("'name': 'a', 'on_out_of_range': 'clip'"), "there is no min or max"},
    {WITH_WORDS("'on_unknown': {'replace': 'z'}"), "on_unknown.replace: is none of the values"},
    {DOCUMENT(INPUT), "$: \"steps\" or \"model\" is required"},
    {DOCUMENT(INPUT ", 'steps': []"), "$: \"steps\" or \"model\" is required"},
    {DOCUMENT("'inputs': [{'name': 'a'}, {'name': 'b', 'type': 'category', 'values': ['x']}], "
              "'steps': [{'op': 'standard_scaler', 'columns': ['a'], 'mean_': [0], "
              "'scale_': [1]}]"),
     "the answer would hold words: column 'b' behind the last step is not encoded as numbers"},
    {DOCUMENT(INPUT ", 'steps': [1]"), "$.steps[0]: expected an object, not a number"},
    {DOCUMENT(INPUT ", 'model': []"), "$.model: expected an object, not an array"},
    {WITH_MODEL("'file': 'm.ubj', 'format': 'xgboost'"),
     "$.model.file: there is no file 'm.ubj' beside the document"},
    {WITH_MODEL("'file': 'model.json'"), "there is no file 'model.json' beside the document"},
    {WITH_MODEL("'file': 1"), "$.model.file: expected a string, not a number"},
    {WITH_MODEL("'file': 'm.ubj', 'op': 'pca'"), "$.model.op: "},
    {WITH_MODEL("'coef_': [1]"), "$.model.op: is required"},
    {WITH_MODEL("'op': 'oracle'"), "$.model.op: there is no operator 'oracle'"},
    {WITH_MODEL("'op': 'linear_regression'"), "$.model.coef_: is required"},
    {WITH_MODEL("'op': 'linear_regression', 'coef_': [1, 2]"), "$.model.coef_: expected 1 number"},
    {WITH_MODEL("'op': 'linear_regression', 'coef_': ['x']"),
     "$.model.coef_[0]: expected a number"},
    {WITH_MODEL("'op': 'linear_regression', 'coef_': [1e999]"), "too large for a double"},
    {WITH_MODEL("'op': 'linear_regression', 'coef_': [1], 'intercept': 2"),
     "$.model.intercept: there is no such member; did you mean \"intercept_\"?"},
    {DOCUMENT(INPUT ", 'steps': [{'op': 'feature_union', 'transformers': [{'steps': "
                    "[{'op': 'passthrough', 'x': 1}]}]}]"),
     "$.steps[0].transformers[0].steps[0].x: there is no such member"},
    {REGRESSION("'outputs': []"), "$.outputs: expected an object, not an array"},
    {REGRESSION("'outputs': {'label': 1}"), "$.outputs.label: there is no such member"},
    {REGRESSION("'outputs': {'labels': ['a', 'b']}"), "the model is no classifier"},
    {CLASSIFIER("'outputs': {'labels': ['a']}"), "$.outputs.labels: expected 2 labels, got 1"},
    {CLASSIFIER("'outputs': {'labels': ['8', 8]}"), "$.outputs.labels: label '8' is there twice"},
    {CLASSIFIER("'outputs': {'labels': ['a', null]}"), "$.outputs.labels[1]: expected a word"},
    {CLASSIFIER("'outputs': {'targets': ['a']}"), "the model has no output \"value\""},
    {REGRESSION("'outputs': {'targets': []}"), "$.outputs.targets: expected 1 names, got 0"},
    {REGRESSION("'outputs': {'names': {'label': 'x'}}"), "names.label: the model has no such"},
    {REGRESSION("'outputs': {'names': {'value': ''}}"), "$.outputs.names.value: is empty"},
    {CLASSIFIER("'outputs': {'names': {'label': 'labels'}}"),
     "names.label: \"labels\" stands in an "},
    {REGRESSION("'outputs': {'names': {'value': 'targets'}}"), "names.value: \"targets\" stands "},
    {CLASSIFIER("'outputs': {'names': {'label': 'score'}}"), "two outputs have the same name"},
    {CLASSIFIER("'outputs': {'names': {'score': 'prediction'}}"), "the name of the default output"},
    {REGRESSION("'outputs': {'default': 'x'}"), "$.outputs.default: the model has no such output"},
    {REGRESSION("'outputs': {'threshold': 0.5}"), "has not two classes with probabilities"},
    {CLASSIFIER("'outputs': {'threshold': 1.5}"), "expected a probability, 0 to 1"},
    {CLASSIFIER("'outputs': {'positive': 2}"), "$.outputs.positive: is none of the labels"},
    {REGRESSION("'outputs': {'positive': 1}"), "the model has not two classes"},
    {REGRESSION("'outputs': {'round': 16}"), "$.outputs.round: expected an integer from 0 to 15"},
    {REGRESSION("'golden': {'rows': [{'out': {}}]}"), "$.golden.rows[0].in: is required"},
    {REGRESSION("'golden': {'rows': [{'in': [1]}]}"), "$.golden.rows[0].out: is required"},
    {REGRESSION("'golden': {'rows': [{'in': [1], 'out': {}}]}"), "rows[0].out: is empty"},
    {REGRESSION("'golden': {'rows': [{'in': [1, 2], 'out': {'value': 1}}]}"),
     "$.golden.rows[0].in: expected 1 values, got 2"},
    {REGRESSION("'golden': {'rows': [{'in': {'b': 1}, 'out': {'value': 1}}]}"),
     "$.golden.rows[0].in.b: is none of the inputs"},
    {REGRESSION("'golden': {'rows': [{'in': ['x'], 'out': {'value': 1}}]}"),
     "$.golden.rows[0].in: "},
    {REGRESSION("'golden': {'rows': [{'in': 5, 'out': {'value': 1}}]}"), "a list or an object"},
    {REGRESSION("'golden': {'rows': [{'in': [1], 'out': {'label': 1}}]}"),
     "$.golden.rows[0].out.label: the model has no such output"},
    {REGRESSION("'golden': {'rows': [{'in': [1], 'out': {'value': [1, 2]}}]}"),
     "out.value: expected 1 numbers, got 2"},
    {CLASSIFIER("'golden': {'rows': [{'in': [1], 'out': {'label': 'x'}}]}"),
     "out.label: is none of the labels"},
    {REGRESSION("'golden': {'rtol': -1}"), "$.golden.rtol: is negative"},
    {REGRESSION("'baseline': {'features': {'b': {}}}"), "features.b: is none of the inputs"},
    {REGRESSION("'baseline': {'features': {'a': {'meen': 1}}}"), "did you mean \"mean\"?"},
    {REGRESSION("'baseline': {'features': {'a': {'edges': [0, 1]}}}"), "go together"},
    {REGRESSION("'baseline': {'features': {'a': {'edges': [0, 0], 'counts': [1]}}}"),
     "features.a.edges[1]: the edges have to ascend"},
    {REGRESSION("'baseline': {'features': {'a': {'edges': [0, 1], 'counts': [1, 2]}}}"),
     "features.a.counts: has 2 counts for 2 edges"},
    {REGRESSION("'baseline': {'features': {'a': {'edges': [0, 1], 'counts': [-1]}}}"),
     "features.a.counts[0]: expected a count"},
    {CLASSIFIER("'baseline': {'prediction': {'counts': {'x': 1}}}"),
     "$.baseline.prediction.counts.x: is none of the values"},
};

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct artifact artifact;
        struct err err = ERR_INIT;
        if (load(broken[i].document, &artifact, &err))
            fail_msg("loaded: %s", broken[i].document);
        assert_null(artifact.graph);
        assert_int_not_equal(err.code, ERR_NONE);
        assert_int_equal(strncmp(err.text, "model.json: ", 12), 0);
        if (strstr(err.text, broken[i].sentence) == NULL)
            fail_msg("%s\nexpected: %s\ngot: %s", broken[i].document, broken[i].sentence, err.text);
    }
}

static void labels_may_be_numbers(void **state)
{
    (void)state;
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!load(CLASSIFIER("'outputs': {'labels': [-1, 2.5]}, 'golden': {'rows': [{'in': [1], "
                         "'out': {'label': 2.50}}]}, 'baseline': {'prediction': {'counts': "
                         "{'-1': 4, '2.5': 5}}}"),
              &artifact, &err))
        fail_msg("%s", err.text);
    assert_true(artifact.graph->labels[1].is_number && artifact.graph->labels[1].number == 2.5);
    assert_true(artifact.golden.rows[0].expected[0].values[0] == 1);
    assert_true(artifact.baseline.prediction.counts[1] == 5);
    artifact_finish(&artifact);
    assert_true(load(CLASSIFIER("'golden': {'rows': [{'in': [1], 'out': {'label': 1}}]}, "
                                "'baseline': {'prediction': {'counts': {'0': 4}}}"),
                     &artifact, NULL));
    assert_true(artifact.golden.rows[0].expected[0].values[0] == 1);
    assert_true(artifact.baseline.prediction.counts[0] == 4);
    artifact_finish(&artifact);
}

/* As many labels as a document likes: each is found without comparing with all of them. */
static void many_labels_are_found(void **state)
{
    (void)state;
    enum { LABELS = 60000 };
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{'format': 'omen/1', " INPUT ", 'model': {'op': 'linear_classifier', "
                        "'coef_': [[1]");
    for (int i = 1; i < LABELS; i++)
        buf_put_text(&text, ", [1]");
    buf_put_text(&text, "]}, 'outputs': {'labels': [0");
    for (int i = 1; i < LABELS; i++)
        buf_printf(&text, i % 2 == 0 ? ", %d" : ", 'label %d'", i);
    buf_put_text(&text, "]}, 'baseline': {'prediction': {'counts': {'0': 0");
    for (int i = 1; i < LABELS; i++)
        buf_printf(&text, i % 2 == 0 ? ", '%d.0': %d" : ", 'label %d': %d", i, i);
    buf_put_text(&text, "}}}, 'golden': {'rows': [{'in': [1], 'out': {'label': 'label 59999'}}, "
                        "{'in': [1], 'out': {'label': 59998.0}}]}}");
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!load(buf_text(&text), &artifact, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < LABELS; i++)
        assert_true(artifact.baseline.prediction.counts[i] == i);
    assert_true(artifact.golden.rows[0].expected[0].values[0] == 59999);
    assert_true(artifact.golden.rows[1].expected[0].values[0] == 59998);
    artifact_finish(&artifact);
    buf_finish(&text);
}

static void steps_are_limited(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{'format': 'omen/1', " INPUT ", 'steps': [");
    for (int i = 0; i < 1001; i++)
        buf_printf(&text, "%s{'op': 'passthrough'}", i > 0 ? ", " : "");
    buf_put_text(&text, "]}");
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_false(load(buf_text(&text), &artifact, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "model.json: $.steps: 1001 steps; at most 1000 are accepted");
    buf_finish(&text);
}

#define TWICE "{'op': 'feature_union', 'transformers': [{}, {}]}"

/* Each of these documents is short; without a limit each would take gigabytes. */
static void columns_made_are_limited(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct artifact artifact;
    struct err err = ERR_INIT;
    buf_put_text(&text, "{'format': 'omen/1', " INPUT ", 'steps': [");
    for (int i = 0; i < 19; i++)
        buf_printf(&text, "%s, ", TWICE);
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%s{'op': 'passthrough'}", i > 0 ? ", " : "");
    buf_put_text(&text, "]}");
    assert_false(load(buf_text(&text), &artifact, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.text, "columns and words in all steps together"));
    buf_reset(&text, 0);
    buf_put_text(&text, "{'format': 'omen/1', 'inputs': [{'name': 'a', 'type': 'category', "
                        "'values': [0");
    for (int i = 1; i < 10000; i++)
        buf_printf(&text, ", %d", i);
    buf_put_text(&text, "]}], 'steps': [" TWICE);
    for (int i = 0; i < 15; i++)
        buf_printf(&text, ", %s", TWICE);
    buf_put_text(&text, "]}");
    assert_false(load(buf_text(&text), &artifact, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.text, "columns and words in all steps together"));
    /* The count begins anew with each model. */
    assert_true(load(whole, &artifact, &err));
    artifact_finish(&artifact);
    buf_finish(&text);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    char text[sizeof whole];
    for (size_t size = 0; size + 1 < sizeof whole; size++) {
        struct artifact artifact;
        struct err err = ERR_INIT;
        memcpy(text, whole, size);
        text[size] = '\0';
        if (load(text, &artifact, &err))
            fail_msg("%zu bytes are accepted", size);
        assert_true(err.text[0] != '\0');
    }
}

/* Gigabytes that a document of 200 bytes asks for. */
static void large_claims_cost_nothing(void **state)
{
    (void)state;
    static const char *const claims[] = {
        DOCUMENT(INPUT ", 'steps': [{'op': 'polynomial_features', 'degree': 2147483647}]"),
        WITH_MODEL(
            "'op': 'tree_ensemble', 'compare': '<', 'dtype': 'float64', 'outputs': 2147483647,"
            " 'trees': [{'value': [1]}]"),
        WITH_MODEL("'op': 'tree_ensemble', 'compare': '<', 'dtype': 'float64', 'trees': ["
                   "{'feature': [0, null], 'left': [2147483647, null], 'threshold': [1, null], "
                   "'value': [null, 1]}]"),
        DOCUMENT("'inputs': [{'name': 't', 'type': 'text'}], 'steps': [{'op': 'hashing_vectorizer',"
                 " 'n_features': 2147483647}]"),
        WITH_MODEL("'op': 'k_neighbors_classifier', 'points_': [[1]], 'labels_': [2147483647],"
                   " 'n_neighbors': 2147483647"),
        WITH_MODEL("'op': 'svc', 'support_vectors_': [[1]], 'n_support_': [2147483647, 2147483647],"
                   " 'dual_coef_': [[1]], 'intercept_': [1]"),
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        struct artifact artifact;
        struct err err = ERR_INIT;
        clock_t start = clock();
        for (int times = 0; times < 100; times++)
            if (load(claims[i], &artifact, &err))
                fail_msg("accepted: %s", claims[i]);
        double each = (double)(clock() - start) / CLOCKS_PER_SEC * 10000;
        print_message("# refused within %.1f us: %s\n", each, err.text);
        assert_true(each < 1000); /* sanitizers take some more */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_is_refused),  cmocka_unit_test(large_claims_cost_nothing),
        cmocka_unit_test(inputs_are_read),          cmocka_unit_test(outputs_are_read),
        cmocka_unit_test(golden_rows_are_encoded),  cmocka_unit_test(the_baseline_is_kept),
        cmocka_unit_test(the_graph_computes),       cmocka_unit_test(the_smallest_document_loads),
        cmocka_unit_test(mistakes_are_named),       cmocka_unit_test(labels_may_be_numbers),
        cmocka_unit_test(steps_are_limited),        cmocka_unit_test(many_labels_are_found),
        cmocka_unit_test(columns_made_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
