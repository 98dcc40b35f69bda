/* A document beside a trainer's file: what it may add to it, and how each mistake is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/format.h"

/* Two trees over a and b: the first is a <= 0.5 ? -1 : 1, the second b <= 2 ? 0 : 4. */
static const char trained_file[] =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
    "objective=binary sigmoid:1\nfeature_names=a b\nfeature_infos=[0:1] [0:9]\n\n"
    "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=8\n"
    "left_child=-1\nright_child=-2\nleaf_value=-1 1\nis_linear=0\nshrinkage=1\n\n\n"
    "Tree=1\nnum_leaves=2\nnum_cat=0\nsplit_feature=1\nthreshold=2\ndecision_type=8\n"
    "left_child=-1\nright_child=-2\nleaf_value=0 4\nis_linear=0\nshrinkage=1\n\n\n"
    "end of trees\n\n";

/* document is JSON with ' for ". */
static bool load(const char *document, struct artifact *artifact, struct err *err)
{
    char *copy = strdup(document);
    assert_non_null(copy);
    for (char *at = copy; *at != '\0'; at++)
        *at = *at == '\'' ? '"' : *at;
    const struct format_file files[] = {
        {.name = "m.txt", .data = trained_file, .size = sizeof trained_file - 1},
        {.name = "model.json", .data = copy, .size = strlen(copy)},
        {.name = "README", .data = "read me", .size = 7},
    };
    *err = ERR_INIT;
    bool ok = format_load(files, 3, artifact, err);
    free(copy);
    return ok;
}

static void load_well(const char *document, struct artifact *artifact)
{
    struct err err;
    if (!load(document, artifact, &err))
        fail_msg("%s\n%s", document, err.text);
}

/* The score of a row, its cells as the schema encodes them. */
static double score(const struct artifact *artifact, double a, double b)
{
    struct arena results, scratch;
    struct err err = ERR_INIT;
    struct matrix out[OP_OUTPUTS_MAX];
    double cells[] = {a, b};
    struct matrix in = {.data = cells, .rows = 1, .cols = 2, .stride = 2};
    int output = graph_output_find(artifact->graph, "score", 5);
    assert_true(output >= 0);
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    if (!graph_run(artifact->graph, &in, out, 1U << output, &results, &scratch, &err))
        fail_msg("%s", err.text);
    double answer = out[output].data[0];
    arena_finish(&results);
    arena_finish(&scratch);
    return answer;
}

#define BESIDE(more) "{'format': 'omen/1', 'model': {'file': 'm.txt'}" more "}"

static void a_file_alone_says_what_it_is(void **state)
{
    (void)state;
    const struct format_file file = {
        .name = "m.txt", .data = trained_file, .size = sizeof trained_file - 1};
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!format_load(&file, 1, &artifact, &err))
        fail_msg("%s", err.text);
    assert_string_equal(artifact.format, "lightgbm");
    assert_string_equal(artifact.task, "classification");
    assert_string_equal(artifact.graph->schema.fields[1].name, "b");
    assert_null(artifact.graph->labels);
    assert_true(artifact.fact_count > 0);
    assert_true(score(&artifact, 1, 3) == 5);
    artifact_finish(&artifact);
}

static void labels_and_golden_rows_are_added(void **state)
{
    (void)state;
    struct artifact artifact;
    load_well(
        BESIDE(", 'name': 'letters', 'task': 'answering', 'outputs': {'labels': ['no', 'yes'],"
               " 'threshold': 0.9}, 'golden': {'rows': [{'in': {'a': 1, 'b': 3}, 'out':"
               " {'label': 'yes', 'score': 5}}]}, 'baseline': {'features': {'b': {'mean': 4}}}"),
        &artifact);
    assert_string_equal(artifact.format, "lightgbm");
    assert_string_equal(artifact.name, "letters");
    assert_string_equal(artifact.task, "answering");
    assert_string_equal(artifact.graph->labels[1].text, "yes");
    assert_true(artifact.graph->threshold == 0.9);
    assert_int_equal(artifact.golden.row_count, 1);
    assert_true(artifact.baseline.features[1].mean == 4);
    artifact_finish(&artifact);
}

static void settings_reach_the_format(void **state)
{
    (void)state;
    struct artifact artifact;
    load_well(
        "{'format': 'omen/1', 'model': {'file': 'm.txt', 'format': 'lightgbm', 'iterations': 1}}",
        &artifact);
    assert_true(score(&artifact, 1, 3) == 1);
    artifact_finish(&artifact);
    load_well("{'format': 'omen/1', 'model': {'file': 'm.txt', 'iterations': 'all', 'missing': 3}}",
              &artifact);
    assert_true(score(&artifact, 1, 3) == score(&artifact, 1, NAN));
    artifact_finish(&artifact);
}

static void inputs_are_amended_by_name(void **state)
{
    (void)state;
    struct artifact artifact;
    load_well(BESIDE(", 'inputs': [{'name': 'b', 'min': 0, 'on_out_of_range': 'clip'}]"),
              &artifact);
    const struct field *fields = artifact.graph->schema.fields;
    assert_string_equal(fields[0].name, "a");
    assert_true(isinf(fields[0].minimum));
    assert_true(fields[1].minimum == 0);
    assert_int_equal(fields[1].on_out_of_range, POLICY_CLIP);
    assert_int_equal(fields[1].on_missing, POLICY_NAN); /* still as the file's */
    artifact_finish(&artifact);
}

static void inputs_are_renamed_in_order(void **state)
{
    (void)state;
    struct artifact artifact;
    load_well(BESIDE(", 'inputs': [{'name': 'age'}, {'name': 'town', 'type': 'category',"
                     " 'values': ['x', 'y', 'z', 'w']}]"),
              &artifact);
    const struct schema *schema = &artifact.graph->schema;
    assert_int_equal(schema_find(schema, "age", 3), 0);
    assert_int_equal(schema_find(schema, "town", 4), 1);
    assert_int_equal(schema_find(schema, "b", 1), STRMAP_NONE);
    assert_int_equal(schema->fields[1].type, FIELD_CATEGORY);
    assert_int_equal(schema->fields[1].word_count, 4);
    artifact_finish(&artifact);
}

static void steps_come_before_the_file(void **state)
{
    (void)state;
    struct artifact artifact;
    load_well(
        BESIDE(", 'inputs': [{'name': 'x'}, {'name': 'y'}], 'steps': [{'op': 'standard_scaler',"
               " 'mean_': [10, 0], 'scale_': [1, 2]}]"),
        &artifact);
    assert_true(score(&artifact, 10.5, 4) == -1);
    assert_true(score(&artifact, 10.75, 4.5) == 5);
    artifact_finish(&artifact);
}

static const struct {
    const char *document, *sentence;
} broken[] = {
    {"{'format': 'omen/1', 'model': {'file': 'x.txt'}}",
     "model.json: $.model.file: there is no file 'x.txt' beside the document"},
    {"{'format': 'omen/1', 'model': {'file': '../m.txt'}}", "there is no file '../m.txt'"},
    {"{'format': 'omen/1', 'model': {'file': 'README'}}",
     "$.model.file: README is no model that this build knows"},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'format': 'xgboost'}}",
     "$.model.format: the file is of format \"lightgbm\""},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'iterations': 0}}",
     "$.model.iterations: expected \"best\", \"all\" or a number from 1 to "},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'iterations': 'few'}}",
     "$.model.iterations:"},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'missing': 'none'}}", "$.model.missing:"},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'link': 1}}", "$.model.link:"},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'link': 'magic'}}", "m.txt: "},
    {"{'format': 'omen/1', 'model': {'file': 'm.txt', 'coef_': [1]}}", "$.model.coef_: "},
    {BESIDE(", 'inputs': [{'name': 'c'}]"), "$.inputs: the file's model takes 2 inputs; expected "
                                            "as many in its order, or only names that it"
                                            " has"},
    {BESIDE(", 'inputs': [{'name': 'a', 'type': 'text'}]"),
     "$.inputs[0]: the file's model takes no free text here"},
    {BESIDE(", 'inputs': [{'name': 'a'}, {'name': 'a'}, {'name': 'b'}, {'name': 'z'}]"),
     "$.inputs:"},
    {BESIDE(", 'steps': [{'op': 'passthrough'}]"), "$.inputs: is required where there are steps"},
    {BESIDE(", 'inputs': [{'name': 'x'}], 'steps': [{'op': 'passthrough'}]"),
     "the file's model takes 2 columns, there are 1"},
    {BESIDE(", 'inputs': [{'name': 'x'}, {'name': 'y', 'type': 'text'}], 'steps': [{'op': "
            "'passthrough'}]"),
     "input 1 of the file's model ('b') is not free text"},
    {BESIDE(", 'outputs': {'labels': ['one']}"), "$.outputs.labels: expected 2 labels, got 1"},
    {"{'format': 'omen/1', 'inputs': [{'name': 'x'}], 'model': {'op': 'linear_regression', 'coef_':"
     " [1]}}",
     "model.json: has a model of its own, and m.txt beside it is one too; name it as \"model\": "
     "{\"file\": ...} or take it away"},
};

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct artifact artifact;
        struct err err;
        if (load(broken[i].document, &artifact, &err))
            fail_msg("loaded: %s", broken[i].document);
        assert_null(artifact.graph);
        if (strstr(err.text, broken[i].sentence) == NULL)
            fail_msg("%s\nexpected: %s\ngot: %s", broken[i].document, broken[i].sentence, err.text);
    }
}

static void two_trained_files_are_refused(void **state)
{
    (void)state;
    const struct format_file files[] = {
        {.name = "a.txt", .data = trained_file, .size = sizeof trained_file - 1},
        {.name = "b.txt", .data = trained_file, .size = sizeof trained_file - 1},
    };
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_false(format_load(files, 2, &artifact, &err));
    assert_string_equal(err.text, "both a.txt and b.txt are models; only one may be there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_alone_says_what_it_is),
        cmocka_unit_test(labels_and_golden_rows_are_added),
        cmocka_unit_test(settings_reach_the_format),
        cmocka_unit_test(inputs_are_amended_by_name),
        cmocka_unit_test(inputs_are_renamed_in_order),
        cmocka_unit_test(steps_come_before_the_file),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(two_trained_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
