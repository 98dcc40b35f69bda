#include "fake_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "graph/ops/ops.h"

static void test_table(void **state)
{
    (void)state;
    const struct op_type *const *list = op_type_list();
    assert_non_null(list[0]);
    for (size_t i = 0; list[i] != NULL; i++) {
        assert_ptr_equal(op_type_find(list[i]->name), list[i]);
        assert_true(list[i]->summary[0] != '\0');
        assert_true(list[i + 1] == NULL || strcmp(list[i]->name, list[i + 1]->name) < 0);
    }
    assert_null(op_type_find("columns"));
    assert_null(op_type_find(""));
}

/* `depth` unions inside of each other. */
static char *nested(size_t depth)
{
    const char *open = "{'op': 'feature_union', 'transformers': [{'steps': [";
    const char *close = "]}]}";
    char *text = calloc(depth * (strlen(open) + strlen(close)) + 64, 1);
    for (size_t i = 0; i < depth; i++)
        strcat(text, open);
    strcat(text, "{'op': 'passthrough'}");
    for (size_t i = 0; i < depth; i++)
        strcat(text, close);
    return text;
}

static void test_depth(void **state)
{
    (void)state;
    char *text = nested(15);
    const double in[] = {1, 2};
    fake_check(text, "a b", 1, in, in, 0);
    free(text);
    text = nested(16);
    fake_op_refused(text, "a b", "operators nested deeper than 16");
    free(text);
    text = nested(60);
    fake_op_refused(text, "a b", "operators nested deeper than 16");
    free(text);
    fake_check("{'op': 'passthrough'}", "a b", 1, in, in, 0); /* the count is back at 0 */
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{}", "a", "$.op: is required");
    fake_op_refused("{'op': 7}", "a", "$.op: expected a text");
    fake_op_refused("{'op': 'standard-scaler'}", "a", "there is no operator 'standard-scaler'");
    op_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
