/* Cells of text by the schema: numbers, words, truth values, what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/cell.h"

enum { NUMBER, TRUTH, WORD, TEXT, FIELDS };

static char *copy(const char *text)
{
    char *whole = mem_array(strlen(text) + 1, 1);
    assert_non_null(whole);
    memcpy(whole, text, strlen(text));
    return whole;
}

static void add_words(struct field *field, const char *first, const char *second)
{
    field->type = FIELD_CATEGORY;
    field->words = mem_array(2, sizeof *field->words);
    field->word_is_number = mem_array(2, sizeof *field->word_is_number);
    field->words[0] = copy(first);
    field->words[1] = copy(second);
    field->word_count = 2;
}

static void make_schema(struct schema *schema)
{
    static const char *const names[FIELDS] = {"number", "truth", "word", "text"};
    struct err err = ERR_INIT;
    assert_true(schema_init(schema, FIELDS, &err));
    for (size_t i = 0; i < FIELDS; i++) {
        schema->fields[i].name = copy(names[i]);
        schema->fields[i].on_missing = POLICY_NAN;
    }
    add_words(&schema->fields[TRUTH], "false", "true");
    add_words(&schema->fields[WORD], "", "other");
    schema->fields[TEXT].type = FIELD_TEXT;
    assert_true(schema_seal(schema, &err));
}

struct state {
    struct schema schema;
    struct arena arena;
    struct frame frame;
};

static int set_up(void **state)
{
    static struct state all;
    struct err err = ERR_INIT;
    all = (struct state){.frame = {.schema = NULL}};
    make_schema(&all.schema);
    arena_init(&all.arena, 0);
    assert_true(frame_init(&all.frame, &all.schema, 1, &all.arena, &err));
    *state = &all;
    return 0;
}

static int tear_down(void **state)
{
    struct state *all = *state;
    arena_finish(&all->arena);
    schema_finish(&all->schema);
    return 0;
}

static double set(struct state *all, size_t column, const char *text, bool quoted)
{
    const struct csv_field cell = {text, strlen(text), quoted};
    cell_set(&all->frame, 0, column, &cell);
    return matrix_row(&all->frame.matrix, 0)[column];
}

static void numbers_are_read_as_programs_write_them(void **state)
{
    assert_true(set(*state, NUMBER, "1.5", false) == 1.5);
    assert_true(set(*state, NUMBER, " +7 ", false) == 7);
    assert_true(set(*state, NUMBER, "007", true) == 7);
    assert_true(isnan(set(*state, NUMBER, "", false)));
    assert_true(isnan(set(*state, NUMBER, "", true)));
    assert_true(isnan(set(*state, NUMBER, "nan", false)));
    assert_int_equal(((struct state *)*state)->frame.problem_count, 0);
    set(*state, NUMBER, "seven", false);
    assert_int_equal(((struct state *)*state)->frame.counts[FRAME_WRONG_TYPE], 1);
}

static void truth_is_read_in_any_case(void **state)
{
    assert_true(set(*state, TRUTH, "True", false) == 1);
    assert_true(set(*state, TRUTH, "FALSE", false) == 0);
    assert_true(set(*state, TRUTH, "true", true) == 1);
    set(*state, TRUTH, "yes", false);
    assert_int_equal(((struct state *)*state)->frame.counts[FRAME_UNKNOWN_WORD], 1);
}

static void empty_quotes_are_a_word_where_it_is_one(void **state)
{
    struct state *all = *state;
    assert_true(set(all, WORD, "", true) == 0);
    assert_true(isnan(set(all, WORD, "", false)));
    assert_true(isnan(set(all, TRUTH, "", true)));
    assert_true(isnan(set(all, TEXT, "", false)));
    const struct text *text = text_of(set(all, TEXT, "", true));
    assert_non_null(text);
    assert_int_equal(text->length, 0);
    assert_string_equal(text_of(set(all, TEXT, "a b", false))->bytes, "a b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_are_read_as_programs_write_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(truth_is_read_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_quotes_are_a_word_where_it_is_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
