/* Outputs by name, and the names of their columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/choice.h"
#include "formats/format.h"

static const char classifier[] =
    "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],"
    "\"model\":{\"op\":\"logistic_regression\",\"coef_\":[[1]],\"intercept_\":[0]},"
    "\"outputs\":{\"labels\":[\"no\",7]}}";
static const char regressor[] =
    "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],"
    "\"model\":{\"op\":\"linear_regression\",\"coef_\":[[1],[2]],\"intercept_\":[0,0]},"
    "\"outputs\":{\"targets\":[\"a\",\"b\"]}}";

static void load(const char *text, struct artifact *artifact)
{
    struct err err = ERR_INIT;
    struct format_file file = {.name = "model.json", .data = text, .size = strlen(text)};
    assert_true(format_load(&file, 1, artifact, &err));
}

/* "name,name" of all columns. */
static void assert_columns(const char *model, const char *list, const char *expected)
{
    struct artifact artifact;
    struct choices choices;
    struct buf out = BUF_INIT;
    struct err err = ERR_INIT;
    load(model, &artifact);
    assert_true(choices_read(artifact.graph, list, &choices, &err));
    for (size_t i = 0; i < choices.count; i++) {
        for (size_t j = 0; j < artifact.graph->outputs[choices.items[i].output].cols; j++) {
            buf_put_text(&out, out.length > 0 ? "," : "");
            choice_put_column(artifact.graph, &choices.items[i], j, &out);
        }
    }
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
    choices_finish(&choices);
    artifact_finish(&artifact);
}

static void columns_are_named(void **state)
{
    (void)state;
    assert_columns(classifier, "", "prediction");
    assert_columns(classifier, "label", "label");
    assert_columns(classifier, "score,probability", "score,probability_no,probability_7");
    assert_columns(classifier, "all", "label,probability_no,probability_7,score");
    assert_columns(classifier, "prediction,label", "prediction,label");
    assert_columns(regressor, "", "prediction_a,prediction_b");
}

static void assert_refused(const char *list, const char *part)
{
    struct artifact artifact;
    struct choices choices;
    struct err err = ERR_INIT;
    load(classifier, &artifact);
    assert_false(choices_read(artifact.graph, list, &choices, &err));
    assert_non_null(strstr(err.text, part));
    choices_finish(&choices);
    artifact_finish(&artifact);
}

static void other_names_are_refused(void **state)
{
    (void)state;
    assert_refused("size", "has no output 'size'; it has 'label', 'probability', 'score'");
    assert_refused("label,", "has no output ''");
    assert_refused("label,label", "has 'label' twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_named),
        cmocka_unit_test(other_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
