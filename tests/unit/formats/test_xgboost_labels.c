/* What XGBoost's scikit-learn wrapper left in an attribute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "formats/xgboost_labels.h"

static struct graph_label *read(const char *text, size_t classes)
{
    struct graph_label *labels;
    struct err err = ERR_INIT;
    if (!xgboost_labels_read(text, classes, &labels, &err))
        fail_msg("%s", err.text);
    return labels;
}

static void words_and_numbers_are_labels(void **state)
{
    (void)state;
    struct graph_label *labels = read("{\"missing\": NaN, \"classes_\": [\"no\", \"7\"]}", 2);
    assert_non_null(labels);
    assert_string_equal(labels[0].text, "no");
    assert_true(!labels[0].is_number && !labels[1].is_number);
    graph_labels_free(labels, 2);
    labels = read("{\"n\": {\"a\": []}, \"_le\": {\"b\": 1, \"classes_\": [-3, 10.0]}}", 2);
    assert_non_null(labels);
    assert_string_equal(labels[0].text, "-3");
    assert_string_equal(labels[1].text, "10");
    assert_true(labels[0].is_number && labels[1].number == 10);
    graph_labels_free(labels, 2);
}

static void other_remarks_say_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"classes_\": [0.5, 1]}",
        "{\"classes_\": [0, 1, 2]}",
        "{\"classes_\": [0]}",
        "{\"classes_\": [true, null]}",
        "{\"classes_\": [\"\", \"a\"]}",
        "{\"classes_\": [NaN, 1]}",
        "{\"classes_\": [1e300, 1]}",
        "{\"classes_\": [\"a\", [1]]}",
        "{\"classes_\": [\"a\", \"b\"",
        "{\"classes_\": 2}",
        "{\"_le\": []}",
        "{\"_le\": {\"_le\": {}}}",
        "{\"_estimator_type\": \"classifier\"}",
        "[1]",
        "{",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (read(texts[i], 2) != NULL)
            fail_msg("labels of %s", texts[i]);
    assert_null(read(NULL, 2));
    assert_null(read("{\"classes_\": []}", 0)); /* no classifier */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_numbers_are_labels),
        cmocka_unit_test(other_remarks_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
