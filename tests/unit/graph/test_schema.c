#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "graph/schema.h"

static struct err err;

/* A schema of one number "age" and one category "size" with the given words. */
static void schema_make(struct schema *schema, size_t count, const char *const *words)
{
    assert_true(schema_init(schema, 2, &err));
    schema->fields[0].name = strdup("age");
    schema->fields[1].name = strdup("size");
    schema->fields[1].type = FIELD_CATEGORY;
    schema->fields[1].words = calloc(count + 1, sizeof(char *));
    schema->fields[1].word_count = count;
    for (size_t i = 0; i < count; i++)
        schema->fields[1].words[i] = strdup(words[i]);
}

static const char *const sizes[] = {"s", "8.0", "0.10"};

static void assert_refused(struct schema *schema, const char *sentence)
{
    assert_false(schema_seal(schema, &err));
    assert_string_equal(err.text, sentence);
    schema_finish(schema);
}

static void test_defaults_and_lookup(void **state)
{
    (void)state;
    struct schema schema;
    schema_make(&schema, 3, sizes);
    assert_true(schema.fields[0].required);
    assert_true(schema.fields[0].minimum == -INFINITY && schema.fields[0].maximum == INFINITY);
    assert_int_equal(schema.fields[0].on_missing, POLICY_REJECT);
    assert_true(schema_seal(&schema, &err));
    assert_int_equal(schema_find(&schema, "size", 4), 1);
    assert_int_equal(schema_find(&schema, "siz", 3), STRMAP_NONE);
    assert_string_equal(schema.fields[1].words[1], "8");
    assert_string_equal(schema.fields[1].words[2], "0.1");
    assert_true(schema.fields[1].number_words);
    assert_int_equal(strmap_get(&schema.fields[1].word_codes, "8", 1), 1);
    schema_finish(&schema);
    schema_finish(&schema);
    schema_finish(NULL);
}

static void test_names_and_words_refused(void **state)
{
    (void)state;
    struct schema schema;
    assert_false(schema_init(&schema, 0, &err));
    assert_false(schema_init(&schema, SCHEMA_FIELDS_MAX + 1, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    schema_make(&schema, 3, sizes);
    schema.fields[0].name[0] = '\0';
    assert_refused(&schema, "input 0 has no name");
    schema_make(&schema, 3, sizes);
    free(schema.fields[0].name);
    schema.fields[0].name = strdup("size");
    assert_refused(&schema, "two inputs are named 'size'");
    schema_make(&schema, 3, (const char *const[]){"8", "x", "8.0"});
    assert_refused(&schema, "input 'size': value '8' is there twice");
    schema_make(&schema, 0, NULL);
    assert_refused(&schema, "input 'size': a category needs values");
}

static void test_policies_refused(void **state)
{
    (void)state;
    struct schema schema;
    schema_make(&schema, 3, sizes);
    schema.fields[0].required = false;
    assert_refused(&schema, "input 'age' is not required, but on_missing rejects");
    schema_make(&schema, 3, sizes);
    schema.fields[0].on_missing = POLICY_CLIP;
    assert_refused(&schema, "input 'age': on_missing cannot clip or accept");
    schema_make(&schema, 3, sizes);
    schema.fields[1].on_unknown = POLICY_ACCEPT;
    assert_refused(&schema, "input 'size': on_unknown cannot clip or accept");
    schema_make(&schema, 3, sizes);
    schema.fields[1].on_unknown = POLICY_REPLACE;
    schema.fields[1].unknown_replacement = 3;
    assert_refused(&schema, "input 'size': on_unknown: the replacement is none of the values");
    schema_make(&schema, 3, sizes);
    schema.fields[0].on_missing = POLICY_REPLACE;
    schema.fields[0].missing_replacement = NAN;
    assert_refused(&schema, "input 'age': on_missing: the replacement is not a number");
}

static void test_ranges_refused(void **state)
{
    (void)state;
    struct schema schema;
    schema_make(&schema, 3, sizes);
    schema.fields[0].minimum = 2;
    schema.fields[0].maximum = 1;
    assert_refused(&schema, "input 'age': min is above max");
    schema_make(&schema, 3, sizes);
    schema.fields[0].minimum = NAN;
    assert_refused(&schema, "input 'age': min is above max");
    schema_make(&schema, 3, sizes);
    schema.fields[0].on_out_of_range = POLICY_CLIP;
    assert_refused(&schema, "input 'age': on_out_of_range clips, but there is no min or max");
}

static void assert_number(double value, const char *expected)
{
    char text[32];
    assert_int_equal(schema_normal_number(value, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void test_normal_number(void **state)
{
    (void)state;
    assert_number(8, "8");
    assert_number(-0.0, "0");
    assert_number(-3, "-3");
    assert_number(0.1, "0.1");
    assert_number(1e15, "1000000000000000");
    assert_number(1.2345678901234568e17, "123456789012345680");
    assert_number(1e300, "1e+300");
    assert_number(0.1 + 0.2, "0.30000000000000004");
    assert_number(NAN, "");
    assert_number(INFINITY, "");
}

static void assert_text(const char *text, const char *expected)
{
    char out[32] = "";
    assert_int_equal(schema_normal_text(text, strlen(text), out, sizeof out), strlen(expected));
    if (expected[0] != '\0')
        assert_string_equal(out, expected);
}

static void test_normal_text(void **state)
{
    (void)state;
    assert_text("8", "8");
    assert_text("8.0", "8");
    assert_text("-1e3", "-1000");
    assert_text("0.10", "0.1");
    assert_text("5E-1", "0.5");
    const char *const words[] = {"",   "-",   "08",  "+8", "8.",  ".5",
                                 "1e", "1e+", "0x8", "8 ", "inf", "1e999"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_text(words[i], "");
    char long_number[200];
    memset(long_number, '1', sizeof long_number);
    char out[32];
    assert_int_equal(schema_normal_text(long_number, sizeof long_number, out, sizeof out), 0);
    assert_int_equal(schema_normal_text("8.05", 3, out, sizeof out), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_and_lookup), cmocka_unit_test(test_names_and_words_refused),
        cmocka_unit_test(test_policies_refused),    cmocka_unit_test(test_ranges_refused),
        cmocka_unit_test(test_normal_number),       cmocka_unit_test(test_normal_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
