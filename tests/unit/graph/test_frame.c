#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "graph/frame.h"

enum { AGE, SEX, SIZE, FIELDS };

struct fixture {
    struct schema schema;
    struct arena arena;
    struct frame frame;
    struct err err;
};

static void words_set(struct field *field, const char *first, const char *second)
{
    field->type = FIELD_CATEGORY;
    field->words = calloc(2, sizeof(char *));
    field->words[0] = strdup(first);
    field->words[1] = strdup(second);
    field->word_count = 2;
}

/* age 0 ... 120, sex of two words, size of two numbers; everything wrong is rejected. */
static void setup(struct fixture *f)
{
    *f = (struct fixture){.err = ERR_INIT};
    assert_true(schema_init(&f->schema, FIELDS, &f->err));
    f->schema.fields[AGE].name = strdup("age");
    f->schema.fields[AGE].minimum = 0;
    f->schema.fields[AGE].maximum = 120;
    f->schema.fields[SEX].name = strdup("sex");
    words_set(&f->schema.fields[SEX], "female", "male");
    f->schema.fields[SIZE].name = strdup("size");
    words_set(&f->schema.fields[SIZE], "8", "9.5");
    arena_init(&f->arena, 0);
}

static void start(struct fixture *f, size_t rows)
{
    assert_true(schema_seal(&f->schema, &f->err));
    assert_true(frame_init(&f->frame, &f->schema, rows, &f->arena, &f->err));
}

static void finish(struct fixture *f)
{
    schema_finish(&f->schema);
    arena_finish(&f->arena);
}

static double cell(const struct fixture *f, size_t row, size_t column)
{
    return matrix_row(&f->frame.matrix, row)[column];
}

static void fill(struct fixture *f, size_t row, double age)
{
    frame_set_number(&f->frame, row, AGE, age);
    frame_set_text(&f->frame, row, SEX, "male", 4);
    frame_set_text(&f->frame, row, SIZE, "8.0", 3);
}

static void assert_problem(struct fixture *f, enum frame_reason reason, enum err_code code,
                           const char *sentence)
{
    assert_false(frame_seal(&f->frame, &f->err));
    assert_int_equal(f->frame.counts[reason], 1);
    assert_int_equal(f->frame.problem_count, 1);
    assert_int_equal(f->err.code, code);
    assert_string_equal(f->err.text, sentence);
    finish(f);
}

static void test_good_rows(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 2);
    fill(&f, 0, 31);
    frame_set_number(&f.frame, 1, AGE, 120);
    frame_set_text(&f.frame, 1, SEX, "female", 6);
    frame_set_number(&f.frame, 1, SIZE, 9.5);
    assert_true(frame_seal(&f.frame, &f.err));
    assert_true(cell(&f, 0, AGE) == 31 && cell(&f, 0, SEX) == 1 && cell(&f, 0, SIZE) == 0);
    assert_true(cell(&f, 1, AGE) == 120 && cell(&f, 1, SEX) == 0 && cell(&f, 1, SIZE) == 1);
    finish(&f);
}

static void test_missing(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 1);
    frame_set_number(&f.frame, 0, AGE, NAN);
    frame_set_text(&f.frame, 0, SEX, "male", 4);
    frame_set_text(&f.frame, 0, SIZE, "8", 1);
    assert_problem(&f, FRAME_MISSING, ERR_MISSING, "field 'age' is missing");
}

static void test_never_set(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    f.schema.fields[AGE].on_missing = POLICY_NAN; /* but required */
    f.schema.fields[SIZE].required = false;
    f.schema.fields[SIZE].on_missing = POLICY_ZERO;
    start(&f, 2);
    fill(&f, 0, 31);
    frame_set_text(&f.frame, 1, SEX, "male", 4);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_int_equal(f.frame.problem_count, 1);
    assert_string_equal(f.err.text, "row 1: field 'age' is missing");
    assert_int_equal(f.err.row, 1);
    assert_string_equal(f.err.field, "age");
    assert_true(cell(&f, 1, SIZE) == SCHEMA_UNKNOWN);
    assert_int_equal(f.frame.replaced[FRAME_MISSING], 1);
    finish(&f);
}

static void test_unknown_words(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 1);
    fill(&f, 0, 31);
    frame_set_text(&f.frame, 0, SEX, "Male", 4);
    assert_problem(&f, FRAME_UNKNOWN_WORD, ERR_CATEGORY,
                   "field 'sex' must be one of 'female', 'male'");
    setup(&f);
    start(&f, 1);
    fill(&f, 0, 31);
    frame_set_number(&f.frame, 0, SIZE, 10);
    assert_problem(&f, FRAME_UNKNOWN_WORD, ERR_CATEGORY, "field 'size' must be one of '8', '9.5'");
}

static void test_wrong_types(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 1);
    fill(&f, 0, 31);
    frame_set_text(&f.frame, 0, AGE, "31", 2);
    assert_problem(&f, FRAME_WRONG_TYPE, ERR_INVALID, "field 'age' must be a number");
    setup(&f);
    start(&f, 1);
    fill(&f, 0, 31);
    frame_set_number(&f.frame, 0, SEX, 1);
    assert_problem(&f, FRAME_WRONG_TYPE, ERR_INVALID, "field 'sex' must be a word");
    setup(&f);
    start(&f, 1);
    fill(&f, 0, 31);
    frame_set_wrong(&f.frame, 0, SIZE);
    assert_problem(&f, FRAME_WRONG_TYPE, ERR_INVALID, "field 'size' must be a word or a number");
}

static void test_ranges(void **state)
{
    (void)state;
    const struct {
        double minimum, maximum, value;
        const char *sentence;
    } cases[] = {
        {0, 120, 121, "field 'age' must be from 0 to 120"},
        {0, INFINITY, -1, "field 'age' must be finite and at least 0"},
        {-INFINITY, 0.5, 0.75, "field 'age' must be finite and at most 0.5"},
        {-INFINITY, INFINITY, INFINITY, "field 'age' must be finite"},
        {0, INFINITY, INFINITY, "field 'age' must be finite and at least 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        setup(&f);
        f.schema.fields[AGE].minimum = cases[i].minimum;
        f.schema.fields[AGE].maximum = cases[i].maximum;
        start(&f, 1);
        fill(&f, 0, cases[i].value);
        assert_problem(&f, FRAME_OUT_OF_RANGE, ERR_RANGE, cases[i].sentence);
    }
}

/* What a policy makes of a value, or NaN with a problem when it rejects. */
static double judged(enum field_policy policy, double minimum, double maximum, double value,
                     size_t *problems, size_t *replaced)
{
    struct fixture f;
    setup(&f);
    struct field *age = &f.schema.fields[AGE];
    age->minimum = minimum;
    age->maximum = maximum;
    age->on_out_of_range = policy;
    age->range_replacement = 7;
    start(&f, 1);
    fill(&f, 0, value);
    bool ok = frame_seal(&f.frame, &f.err);
    assert_int_equal(ok, f.frame.problem_count == 0);
    *problems = f.frame.problem_count;
    *replaced = f.frame.replaced[FRAME_OUT_OF_RANGE];
    double got = cell(&f, 0, AGE);
    finish(&f);
    return got;
}

static void test_range_policies(void **state)
{
    (void)state;
    size_t problems, replaced;
    assert_true(judged(POLICY_CLIP, -20, -10, -5, &problems, &replaced) == -10);
    assert_int_equal(replaced, 1);
    assert_true(judged(POLICY_CLIP, 0, 120, -INFINITY, &problems, &replaced) == 0);
    assert_true(judged(POLICY_CLIP, 0, 120, INFINITY, &problems, &replaced) == 120);
    assert_true(isnan(judged(POLICY_CLIP, 0, INFINITY, INFINITY, &problems, &replaced)));
    assert_int_equal(problems, 1);
    assert_true(isnan(judged(POLICY_NAN, 0, 120, 121, &problems, &replaced)));
    assert_int_equal(problems, 0);
    assert_true(judged(POLICY_ZERO, 0, 120, 121, &problems, &replaced) == 0);
    assert_true(judged(POLICY_REPLACE, 0, 120, 121, &problems, &replaced) == 7);
    assert_true(judged(POLICY_ACCEPT, 0, 120, 121, &problems, &replaced) == 121);
    assert_int_equal(replaced, 0);
}

static void test_category_policies(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    f.schema.fields[SEX].on_unknown = POLICY_ZERO;
    f.schema.fields[SEX].on_missing = POLICY_REPLACE;
    f.schema.fields[SEX].missing_replacement = 1;
    f.schema.fields[SIZE].on_unknown = POLICY_NAN;
    start(&f, 2);
    fill(&f, 0, 31);
    fill(&f, 1, 31);
    frame_set_text(&f.frame, 0, SEX, "x", 1);
    frame_set_missing(&f.frame, 1, SEX);
    frame_set_text(&f.frame, 0, SIZE, "x", 1);
    assert_true(frame_seal(&f.frame, &f.err));
    assert_true(cell(&f, 0, SEX) == SCHEMA_UNKNOWN && cell(&f, 1, SEX) == 1);
    assert_true(isnan(cell(&f, 0, SIZE)));
    assert_int_equal(f.frame.replaced[FRAME_UNKNOWN_WORD], 2);
    assert_int_equal(f.frame.replaced[FRAME_MISSING], 1);
    finish(&f);
}

/* A category may have truth values among its words; nothing else takes them. */
static void test_booleans(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    for (size_t i = 0; i < 2; i++) {
        free(f.schema.fields[SEX].words[i]);
        f.schema.fields[SEX].words[i] = strdup(i == 0 ? "false" : "true");
    }
    start(&f, 2);
    fill(&f, 0, 31);
    fill(&f, 1, 31);
    frame_set_boolean(&f.frame, 0, SEX, true);
    frame_set_boolean(&f.frame, 1, SEX, false);
    assert_true(cell(&f, 0, SEX) == 1 && cell(&f, 1, SEX) == 0);
    frame_set_boolean(&f.frame, 0, AGE, true);
    frame_set_boolean(&f.frame, 1, SIZE, true);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_int_equal(f.frame.counts[FRAME_WRONG_TYPE], 2);
    finish(&f);
}

static void test_check_row(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 2);
    const double rows[] = {31, 0, 9.5, 130, 1, NAN};
    memcpy(f.frame.matrix.data, rows, sizeof rows);
    frame_check_row(&f.frame, 0);
    assert_int_equal(f.frame.counts[FRAME_WRONG_TYPE], 1); /* sex is of words */
    assert_true(cell(&f, 0, AGE) == 31 && cell(&f, 0, SIZE) == 1);
    frame_check_row(&f.frame, 1);
    assert_int_equal(f.frame.counts[FRAME_WRONG_TYPE], 2);
    assert_int_equal(f.frame.counts[FRAME_OUT_OF_RANGE], 1);
    assert_int_equal(f.frame.counts[FRAME_MISSING], 1);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_int_equal(f.frame.problem_count, 4); /* sealing adds none */
    finish(&f);
}

static void test_many_problems_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    start(&f, 100);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_int_equal(f.frame.problem_count, 300);
    assert_int_equal(f.frame.counts[FRAME_MISSING], 300);
    assert_int_equal(f.frame.problems[FRAME_PROBLEMS_MAX - 1].row, 10);
    assert_string_equal(frame_reason_name(f.frame.problems[0].reason), "missing");
    assert_string_equal(frame_reason_name(FRAME_UNKNOWN_WORD), "unknown_category");
    finish(&f);
}

static void test_limits(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    assert_true(schema_seal(&f.schema, &f.err));
    assert_false(frame_init(&f.frame, &f.schema, SIZE_MAX / 2, &f.arena, &f.err));
    assert_int_equal(f.err.code, ERR_LIMIT);
    f.arena.limit = 1024;
    assert_false(frame_init(&f.frame, &f.schema, 100, &f.arena, &f.err));
    assert_int_equal(f.err.code, ERR_LIMIT);
    assert_true(frame_init(&f.frame, &f.schema, 0, &f.arena, &f.err));
    assert_true(frame_seal(&f.frame, &f.err));
    finish(&f);
}

/* A number that overflows has no spelling, and the empty word is not it. */
static void test_infinity_is_no_word(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    free(f.schema.fields[SIZE].words[1]);
    f.schema.fields[SIZE].words[1] = strdup("");
    start(&f, 1);
    frame_set_number(&f.frame, 0, SIZE, INFINITY);
    assert_int_equal(f.frame.counts[FRAME_UNKNOWN_WORD], 1);
    frame_set_number(&f.frame, 0, SIZE, 8);
    assert_int_equal(f.frame.problem_count, 1);
    finish(&f);
}

/* What float32 holds, and what it would take for an infinity; one on purpose may be accepted. */
static void test_single_precision(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum field_policy policy;
        bool taken;
    } cases[] = {
        {FLT_MAX, POLICY_REJECT, true},   {-FLT_MAX, POLICY_ACCEPT, true},
        {1e39, POLICY_REJECT, false},     {1e39, POLICY_ACCEPT, false},
        {-1e308, POLICY_ACCEPT, false},   {INFINITY, POLICY_ACCEPT, true},
        {-INFINITY, POLICY_ACCEPT, true}, {INFINITY, POLICY_REJECT, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        setup(&f);
        struct field *age = &f.schema.fields[AGE];
        age->minimum = -INFINITY;
        age->maximum = INFINITY;
        age->on_out_of_range = cases[i].policy;
        age->single = true;
        start(&f, 1);
        frame_set_number(&f.frame, 0, AGE, cases[i].value);
        assert_int_equal(f.frame.problem_count, cases[i].taken ? 0 : 1);
        if (cases[i].taken)
            assert_true(matrix_row(&f.frame.matrix, 0)[AGE] == cases[i].value);
        else
            assert_int_equal(f.frame.counts[FRAME_OUT_OF_RANGE], 1);
        finish(&f);
    }
}

static void text_set(struct fixture *f)
{
    struct field *field = &f->schema.fields[SEX];
    for (size_t i = 0; i < field->word_count; i++)
        free(field->words[i]);
    free(field->words);
    field->words = NULL;
    field->word_count = 0;
    field->type = FIELD_TEXT;
}

/* The cell is the text's address, the text a copy; no number ever gets into the column. */
static void test_texts(void **state)
{
    (void)state;
    struct fixture f;
    char text[] = "quite \xc3\xa9trange";
    setup(&f);
    text_set(&f);
    f.schema.fields[SEX].on_missing = POLICY_NAN;
    start(&f, 4);
    frame_set_text(&f.frame, 0, SEX, text, strlen(text));
    memset(text, 'x', sizeof text);
    frame_set_text(&f.frame, 1, SEX, "", 0);
    frame_set_missing(&f.frame, 2, SEX);
    frame_set_number(&f.frame, 3, SEX, 4e-310);
    for (size_t row = 0; row < 4; row++) {
        frame_set_number(&f.frame, row, AGE, 1);
        frame_set_number(&f.frame, row, SIZE, 8);
    }
    const struct text *first = text_of(cell(&f, 0, SEX));
    assert_string_equal(first->bytes, "quite \xc3\xa9trange");
    assert_int_equal(first->length, 14);
    assert_int_equal(text_of(cell(&f, 1, SEX))->length, 0);
    assert_null(text_of(cell(&f, 2, SEX)));
    assert_null(text_of(cell(&f, 3, SEX)));
    assert_int_equal(f.frame.counts[FRAME_WRONG_TYPE], 1);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_string_equal(f.err.text, "row 3: field 'sex' must be a text");
    matrix_row(&f.frame.matrix, 0)[SEX] = 4e-310;
    frame_check_row(&f.frame, 0);
    assert_null(text_of(cell(&f, 0, SEX)));
    finish(&f);
}

static void test_text_policies(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    text_set(&f);
    f.schema.fields[SEX].on_missing = POLICY_REPLACE;
    assert_false(schema_seal(&f.schema, &f.err));
    assert_string_equal(f.err.text, "input 'sex': on_missing: the replacement is not a text");
    schema_finish(&f.schema);
    setup(&f);
    text_set(&f);
    f.schema.fields[SEX].on_missing = POLICY_ZERO;
    assert_false(schema_seal(&f.schema, &f.err));
    schema_finish(&f.schema);
    setup(&f);
    text_set(&f);
    f.schema.fields[SEX].on_missing = POLICY_REPLACE;
    f.schema.fields[SEX].missing_text = (struct text){.bytes = strdup("none"), .length = 4};
    f.schema.fields[SEX].required = false;
    start(&f, 1);
    frame_set_number(&f.frame, 0, AGE, 1);
    frame_set_number(&f.frame, 0, SIZE, 8);
    assert_true(frame_seal(&f.frame, &f.err));
    assert_string_equal(text_of(cell(&f, 0, SEX))->bytes, "none");
    finish(&f);
}

static void test_texts_beyond_the_limit(void **state)
{
    (void)state;
    struct fixture f;
    char text[4096] = "";
    setup(&f);
    text_set(&f);
    f.arena.limit = 1024;
    start(&f, 1);
    frame_set_text(&f.frame, 0, SEX, text, sizeof text);
    frame_set_number(&f.frame, 0, AGE, 1);
    frame_set_number(&f.frame, 0, SIZE, 8);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_int_equal(f.err.code, ERR_LIMIT);
    finish(&f);
}

static void test_whole_numbers(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    f.schema.fields[AGE].integer = true;
    start(&f, 2);
    fill(&f, 0, 3);
    fill(&f, 1, 3.5);
    assert_true(cell(&f, 0, AGE) == 3);
    assert_false(frame_seal(&f.frame, &f.err));
    assert_string_equal(f.err.text, "row 1: field 'age' must be a whole number");
    finish(&f);
}

/* Of a stream: what was wrong with one row is forgotten at the next, counts go on. */
static void test_rows_by_themselves(void **state)
{
    (void)state;
    struct fixture f;
    double cells[FIELDS];
    setup(&f);
    assert_true(schema_seal(&f.schema, &f.err));
    for (int i = 0; i < 40; i++) {
        frame_begin_row(&f.frame, &f.schema, cells, &f.arena);
        frame_set_number(&f.frame, 0, AGE, i % 2 == 0 ? 20 : 121);
        frame_set_text(&f.frame, 0, SEX, "male", 4);
        assert_int_equal(frame_seal(&f.frame, &f.err), false);
        assert_int_equal(f.frame.problem_count, 1 + i % 2);
        assert_string_equal(f.err.text, i % 2 == 0 ? "field 'size' is missing"
                                                   : "field 'age' must be from 0 to 120");
        assert_true(cells[SEX] == 1);
    }
    assert_int_equal(f.frame.counts[FRAME_MISSING], 40);
    assert_int_equal(f.frame.counts[FRAME_OUT_OF_RANGE], 20);
    frame_begin_row(&f.frame, &f.schema, cells, &f.arena);
    fill(&f, 0, 20);
    assert_true(frame_seal(&f.frame, &f.err));
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_rows),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_never_set),
        cmocka_unit_test(test_unknown_words),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_range_policies),
        cmocka_unit_test(test_category_policies),
        cmocka_unit_test(test_check_row),
        cmocka_unit_test(test_many_problems_are_counted),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_infinity_is_no_word),
        cmocka_unit_test(test_single_precision),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_text_policies),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_texts_beyond_the_limit),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_rows_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
