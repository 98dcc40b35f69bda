#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "codec/envelope.h"
#include "protocols/rows.h"

#define MAX_ROWS 5

/* age: a number from 0 to 150; sex: female, male; class: 1, 2, 3; fare: a number that may be absent
 * and is then 0. */
struct fixture {
    struct schema schema;
    struct arena arena;
    struct json *root;
    struct rows rows;
    struct err err;
    struct http_response response;
};

static void name_field(struct field *field, const char *name)
{
    field->name = mem_copy_text(name, strlen(name));
    assert_non_null(field->name);
}

static void add_words(struct field *field, bool numbers, size_t count, const char *const *words)
{
    field->type = FIELD_CATEGORY;
    field->words = mem_array(count, sizeof *field->words);
    field->word_is_number = mem_array(count, sizeof *field->word_is_number);
    field->word_count = count;
    for (size_t i = 0; i < count; i++) {
        field->words[i] = mem_copy_text(words[i], strlen(words[i]));
        field->word_is_number[i] = numbers;
    }
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct err err = ERR_INIT;
    memset(&fixture, 0, sizeof fixture);
    arena_init(&fixture.arena, 0);
    http_response_init(&fixture.response);
    assert_true(schema_init(&fixture.schema, 4, &err));
    struct field *fields = fixture.schema.fields;
    name_field(&fields[0], "age");
    fields[0].minimum = 0;
    fields[0].maximum = 150;
    name_field(&fields[1], "sex");
    add_words(&fields[1], false, 2, (const char *const[]){"female", "male"});
    name_field(&fields[2], "class");
    add_words(&fields[2], true, 3, (const char *const[]){"1", "2", "3"});
    name_field(&fields[3], "fare");
    fields[3].required = false;
    fields[3].on_missing = POLICY_ZERO;
    assert_true(schema_seal(&fixture.schema, &err));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_free(f->root);
    schema_finish(&f->schema);
    arena_finish(&f->arena);
    http_response_finish(&f->response);
    json_thread_finish();
    return 0;
}

/* Reads {"input": text}, its numbers taken out. */
static bool read_input(struct fixture *f, const char *text)
{
    static const char *const places[] = {"input", NULL};
    const struct json_wanted wanted = {.places = places, .dimensions = 2};
    char body[8192];
    int length = snprintf(body, sizeof body, "{\"input\":%s}", text);
    assert_in_range(length, 1, sizeof body - 1);
    json_free(f->root);
    f->root = NULL;
    f->err = ERR_INIT;
    assert_true(json_parse_envelope(body, (size_t)length, &wanted, &f->arena, &f->root, &f->err));
    bool found;
    const struct json *input = json_object_get(f->root, "input", &found);
    return rows_read(&f->rows, &f->schema, input, MAX_ROWS, &f->arena, &f->err);
}

static void assert_cells(const struct fixture *f, size_t row, double a, double b, double c,
                         double d)
{
    const double *cells = matrix_row(&f->rows.frame.matrix, row);
    assert_true(cells[0] == a && cells[1] == b && cells[2] == c && cells[3] == d);
}

static const char *error_answer(struct fixture *f)
{
    http_response_reset(&f->response, 4096);
    rows_answer_error(&f->rows, &f->err, &f->response);
    return buf_text(&f->response.body);
}

static void assert_refused(struct fixture *f, const char *input, int status, const char *answer)
{
    assert_false(read_input(f, input));
    assert_string_equal(error_answer(f), answer);
    assert_int_equal(f->response.status, status);
}

static void test_one_list(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[31,\"male\",\"2\",7.5]"));
    assert_true(f->rows.single);
    assert_int_equal(f->rows.frame.matrix.rows, 1);
    assert_cells(f, 0, 31, 1, 1, 7.5);
}

static void test_one_object_in_any_order(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "{\"class\":3,\"fare\":1,\"sex\":\"female\",\"age\":2}"));
    assert_true(f->rows.single);
    assert_cells(f, 0, 2, 0, 2, 1);
}

static void test_spellings_of_a_number_are_one_word(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[[1,\"male\",2,0],[1,\"male\",2.0,0],[1,\"male\",\"2\",0],"
                              "[1,\"male\",\"2.0\",0],[1,\"male\",20e-1,0]]"));
    for (size_t row = 0; row < 5; row++)
        assert_cells(f, row, 1, 1, 1, 0);
}

static void test_batch_of_lists_and_objects(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[[1,\"male\",1,2],{\"sex\":\"male\",\"age\":3,\"class\":1}]"));
    assert_false(f->rows.single);
    assert_int_equal(f->rows.frame.matrix.rows, 2);
    assert_cells(f, 1, 3, 1, 0, 0);
}

static void test_batch_of_one_is_a_batch(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[{\"sex\":\"male\",\"age\":3,\"class\":1}]"));
    assert_false(f->rows.single);
    assert_int_equal(f->rows.frame.matrix.rows, 1);
}

static void test_empty_batch(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[]"));
    assert_false(f->rows.single);
    assert_int_equal(f->rows.frame.matrix.rows, 0);
}

static void test_null_of_an_optional_field_is_its_policy(void **state)
{
    struct fixture *f = *state;
    assert_true(read_input(f, "[1,\"male\",1,null]"));
    assert_cells(f, 0, 1, 1, 0, 0);
}

static void test_numbers_for_words_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[1,2,3,4]", 400,
                   "{\"error\":\"field 'sex' must be a word\",\"code\":\"wrong_type\",\"row\":0,"
                   "\"field\":\"sex\"}");
    assert_refused(f, "[[1,\"male\",7,4]]", 400,
                   "{\"error\":\"field 'class' must be one of '1', '2', '3'\","
                   "\"code\":\"unknown_category\",\"row\":0,\"field\":\"class\"}");
}

static void test_a_matrix_of_numbers_is_looked_up_too(void **state)
{
    struct fixture *f = *state;
    f->schema.fields[1].number_words = true; /* as if a word of sex were a number */
    assert_false(read_input(f, "[[1,2,3,4],[1,2,9,4]]"));
    assert_int_equal(f->rows.frame.counts[FRAME_UNKNOWN_WORD], 3);
    f->schema.fields[1].number_words = false;
    assert_true(matrix_row(&f->rows.frame.matrix, 0)[2] == 2);
}

static void test_missing_and_unexpected_names_are_told_at_once(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[{\"age\":1,\"sex\":\"male\",\"class\":1},{\"agee\":1,\"class\":1,\"\":2}]",
                   400,
                   "{\"error\":\"row 1: missing age, sex; unexpected agee, \","
                   "\"code\":\"missing_field\",\"row\":1,"
                   "\"missing\":[\"age\",\"sex\"],\"unexpected\":[\"agee\",\"\"]}");
    assert_refused(f, "{\"age\":1,\"sex\":\"male\",\"class\":1,\"x\":1}", 400,
                   "{\"error\":\"row 0: unexpected x\",\"code\":\"unexpected_field\",\"row\":0,"
                   "\"missing\":[],\"unexpected\":[\"x\"]}");
    assert_refused(f, "{}", 400,
                   "{\"error\":\"row 0: missing age, sex, class\",\"code\":\"missing_field\","
                   "\"row\":0,\"missing\":[\"age\",\"sex\",\"class\"],\"unexpected\":[]}");
    assert_int_equal(f->rows.frame.counts[FRAME_MISSING], 3);
}

static void test_unexpected_names_are_cut_and_few(void **state)
{
    struct fixture *f = *state;
    char input[4096] = "{";
    for (int i = 0; i < 12; i++)
        snprintf(input + strlen(input), sizeof input - strlen(input), "\"%c%0100d\":1,", 'a' + i,
                 0);
    /* 63 bytes, then a character of two: cut before it */
    snprintf(input + strlen(input), sizeof input - strlen(input), "\"\\\"%062d\\u00e9\":1}", 0);
    assert_false(read_input(f, input));
    const char *answer = error_answer(f);
    const char *list = strstr(answer, "\"unexpected\":[");
    assert_non_null(list);
    size_t names = 0, longest = 0, length = 0;
    for (const char *c = list + strlen("\"unexpected\":["); *c != ']'; c++) {
        names += *c == ',';
        length = *c == ',' ? 0 : length + 1;
        longest = length > longest ? length : longest;
    }
    assert_int_equal(names + 1, ROWS_UNEXPECTED_MAX);
    assert_int_equal(longest, ROWS_NAME_MAX + 2);
    assert_non_null(strstr(answer, "\"unexpected_count\":13}"));
    snprintf(input, sizeof input, "{\"\\\"%062d\\u00e9\":1}", 0);
    assert_false(read_input(f, input));
    answer = error_answer(f);
    assert_non_null(strstr(answer, "0000\"]}"));
    assert_null(strstr(answer, "\xc3"));
}

static void test_wrong_length(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[1,2,3]", 400,
                   "{\"error\":\"row 0 has 3 values, the model takes 4\",\"code\":\"wrong_length\","
                   "\"row\":0,\"expected\":4,\"got\":3}");
    assert_refused(f, "[[1,\"male\",3,4],[1]]", 400,
                   "{\"error\":\"row 1 has 1 values, the model takes 4\",\"code\":\"wrong_length\","
                   "\"row\":1,\"expected\":4,\"got\":1}");
    assert_refused(f, "[[]]", 400,
                   "{\"error\":\"row 0 has 0 values, the model takes 4\",\"code\":\"wrong_length\","
                   "\"row\":0,\"expected\":4,\"got\":0}");
    assert_int_equal(f->rows.frame.counts[FRAME_SHAPE], 1);
    assert_string_equal(frame_reason_name(FRAME_SHAPE), "shape");
}

static void test_rows_that_are_none(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[[1,\"male\",1,1],7]", 400,
                   "{\"error\":\"row 1 is a number; a row is a list of values or an object by "
                   "name\",\"code\":\"invalid\",\"row\":1}");
    const char *const inputs[] = {"null", "7", "\"x\"", "true"};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        assert_false(read_input(f, inputs[i]));
        assert_int_equal(f->rows.fault, ROWS_SHAPE);
        assert_int_equal(f->rows.frame.counts[FRAME_SHAPE], 1);
        assert_int_equal(f->err.code, ERR_INVALID);
        assert_non_null(strstr(error_answer(f), "\"code\":\"invalid\"}"));
    }
}

static void test_too_many_rows(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[[1,1],[1,1],[1,1],[1,1],[1,1],[1,1]]", 413,
                   "{\"error\":\"6 rows, the limit is 5; send them in several requests\","
                   "\"code\":\"limit\"}");
    assert_refused(f, "[{},{},{},{},{},{}]", 413,
                   "{\"error\":\"6 rows, the limit is 5; send them in several requests\","
                   "\"code\":\"limit\"}");
}

static void test_problems_of_values_are_listed(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "[[151,\"male\",1,1],[1,\"x\",true,1]]", 400,
                   "{\"error\":\"row 0: field 'age' must be from 0 to 150\","
                   "\"code\":\"out_of_range\",\"row\":0,\"field\":\"age\",\"problem_count\":3,"
                   "\"problems\":[{\"row\":0,\"field\":\"age\",\"code\":\"out_of_range\","
                   "\"error\":\"row 0: field 'age' must be from 0 to 150\"},"
                   "{\"row\":1,\"field\":\"sex\",\"code\":\"unknown_category\","
                   "\"error\":\"row 1: field 'sex' must be one of 'female', 'male'\"},"
                   "{\"row\":1,\"field\":\"class\",\"code\":\"wrong_type\","
                   "\"error\":\"row 1: field 'class' must be a word or a number\"}]}");
}

static void test_a_missing_value_is_no_missing_name(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "{\"age\":null,\"sex\":\"male\",\"class\":1}", 400,
                   "{\"error\":\"field 'age' is missing\",\"code\":\"missing\",\"row\":0,"
                   "\"field\":\"age\"}");
}

static void test_a_flat_list_for_one_field(void **state)
{
    struct fixture *f = *state;
    struct schema all = f->schema;
    f->schema.field_count = 1;
    assert_true(read_input(f, "[7]"));
    assert_true(f->rows.single);
    assert_true(read_input(f, "[[7],[8]]"));
    assert_false(read_input(f, "[7,8]"));
    assert_non_null(strstr(f->err.text, "nest"));
    assert_int_equal(f->rows.fault, ROWS_LENGTH);
    assert_false(read_input(f, "[7,\"8\"]"));
    assert_non_null(strstr(f->err.text, "nest"));
    f->schema = all;
}

static void test_memory_has_a_limit(void **state)
{
    struct fixture *f = *state;
    f->arena.limit = (size_t)64 << 10; /* room for the tree, but hardly any left for the rows */
    assert_non_null(arena_alloc(&f->arena, f->arena.limit - f->arena.used - 64));
    assert_false(read_input(f, "[{\"sex\":\"male\"},{},{},{},{}]"));
    assert_int_equal(f->rows.fault, ROWS_SHAPE);
    error_answer(f);
    assert_int_equal(f->response.status, 413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_one_list),
        TEST(test_one_object_in_any_order),
        TEST(test_spellings_of_a_number_are_one_word),
        TEST(test_batch_of_lists_and_objects),
        TEST(test_batch_of_one_is_a_batch),
        TEST(test_empty_batch),
        TEST(test_null_of_an_optional_field_is_its_policy),
        TEST(test_numbers_for_words_are_refused),
        TEST(test_a_matrix_of_numbers_is_looked_up_too),
        TEST(test_missing_and_unexpected_names_are_told_at_once),
        TEST(test_unexpected_names_are_cut_and_few),
        TEST(test_wrong_length),
        TEST(test_rows_that_are_none),
        TEST(test_too_many_rows),
        TEST(test_problems_of_values_are_listed),
        TEST(test_a_missing_value_is_no_missing_name),
        TEST(test_a_flat_list_for_one_field),
        TEST(test_memory_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
