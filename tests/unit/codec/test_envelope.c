/* The numbers of a request: which arrays are taken out, and that nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/envelope.h"

struct fixture {
    struct arena arena;
    struct json *root;
    const struct json_numbers *numbers; /* of the top-level member "input" */
    struct err err;
};

static const struct json_wanted rows_of_input = {
    .places = (const char *const[]){"input", NULL},
    .dimensions = 2,
};

static bool parse_wanted(struct fixture *fixture, const char *text,
                         const struct json_wanted *wanted)
{
    *fixture = (struct fixture){.err = ERR_INIT};
    arena_init(&fixture->arena, 0);
    if (!json_parse_envelope(text, strlen(text), wanted, &fixture->arena, &fixture->root,
                             &fixture->err))
        return false;
    fixture->numbers = json_numbers(json_object_get(fixture->root, "input", &(bool){false}));
    return true;
}

static bool parse(struct fixture *fixture, const char *text)
{
    return parse_wanted(fixture, text, &rows_of_input);
}

/* Parses for these places; NULL-terminated. */
static void parse_places(struct fixture *fixture, const char *text, const char *const *places)
{
    const struct json_wanted wanted = {.places = places, .dimensions = JSON_DEPTH_MAX};
    if (!parse_wanted(fixture, text, &wanted))
        fail_msg("%s", fixture->err.text);
}

static void finish(struct fixture *fixture)
{
    json_free(fixture->root);
    arena_finish(&fixture->arena);
}

static void a_vector_is_taken(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"id\":7, \"input\" : [ 1 , -2.5e1,null ,0.1] ,\"z\":[1]}"));
    assert_non_null(f.numbers);
    assert_int_equal(f.numbers->dimensions, 1);
    assert_int_equal(f.numbers->shape[0], 4);
    assert_int_equal(f.numbers->count, 4);
    assert_int_equal(f.numbers->notes, JSON_NUMBERS_NULL | JSON_NUMBERS_FRACTION);
    const double *numbers = f.numbers->values;
    assert_true(numbers[0] == 1 && numbers[1] == -25 && isnan(numbers[2]) && numbers[3] == 0.1);
    const struct json *input = json_object_get(f.root, "input", NULL);
    assert_int_equal(json_type(input), JSON_NUMBERS);
    assert_string_equal(json_type_name(JSON_NUMBERS), "an array");
    assert_int_equal(json_array_length(input), 0);
    assert_null(json_array_at(input, 0));
    assert_true(json_number(json_object_get(f.root, "id", NULL)) == 7);
    assert_int_equal(json_array_length(json_object_get(f.root, "z", NULL)), 1);
    finish(&f);
}

static void a_matrix_is_taken(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"input\":[ [1,2] , [ 3,null ],\n[5,6]]}"));
    assert_non_null(f.numbers);
    assert_int_equal(f.numbers->dimensions, 2);
    assert_int_equal(f.numbers->shape[0], 3);
    assert_int_equal(f.numbers->shape[1], 2);
    assert_int_equal(f.numbers->count, 6);
    assert_true(f.numbers->values[2] == 3 && isnan(f.numbers->values[3]));
    assert_true(f.numbers->values[5] == 6);
    finish(&f);
}

static void other_arrays_stay(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"input\":[[]]}",        "{\"input\":[[],[]]}",     "{\"input\":[[1,2],[]]}",
        "{\"input\":[[1,2],[3]]}", "{\"input\":[[1],[2,3]]}", "{\"input\":[1,[2]]}",
        "{\"input\":[[1],2]}",     "{\"input\":[[[1]]]}",     "{\"input\":[1,\"2,3]\"]}",
        "{\"input\":[true]}",      "{\"input\":[{}]}",        "{\"input\":[[1,\"a\"]]}",
        "{\"input\":[[1],{}]}",    "{\"input\":[null,true]}", "{\"input\":[[1],null]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        struct json *whole;
        assert_true(parse(&f, texts[i]));
        assert_null(f.numbers);
        assert_int_equal(f.arena.used, 0);
        assert_true(json_parse(texts[i], strlen(texts[i]), &whole, NULL));
        assert_int_equal(json_array_length(json_object_get(f.root, "input", NULL)),
                         json_array_length(json_object_get(whole, "input", NULL)));
        json_free(whole);
        finish(&f);
    }
}

static void what_is_no_such_member_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[1,2]",
        "null",
        "\"input\"",
        "{\"a\":{\"input\":[1,2]}}",
        "[{\"input\":[1]}]",
        "{\"input\":7}",
        "{\"Input\":[1]}",
        "{\"input\":{\"input\":[1]}}",
        "{}",
        "{\"input \":[1]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        assert_true(parse(&f, texts[i]));
        assert_null(f.numbers);
        finish(&f);
    }
}

static void the_last_duplicate_wins(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"input\":[1,2],\"input\":[[3],[4]]}"));
    assert_true(f.numbers != NULL && f.numbers->shape[0] == 2 && f.numbers->values[1] == 4);
    assert_int_equal(json_object_size(f.root), 1);
    finish(&f);
    assert_true(parse(&f, "{\"input\":[1,2],\"input\":\"x\"}"));
    assert_null(f.numbers);
    assert_string_equal(json_string(json_object_get(f.root, "input", NULL), NULL), "x");
    finish(&f);
    assert_true(parse(&f, "{\"input\":\"x\",\"\\u0069\\u006eput\":[5]}"));
    assert_true(f.numbers != NULL && f.numbers->values[0] == 5);
    finish(&f);
}

static void malformed_texts_are_refused_alike(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"input\":[1,]}",    "{\"input\":[01]}",     "{\"input\":[1.]}",    "{\"input\":[NaN]}",
        "{\"input\":[nul]}",   "{\"input\":[[1,2]}",   "{\"input\":[1",       "{\"input\":[[1],",
        "{\"input\":[1 2]}",   "{\"input\":[[1][2]]}", "{\"input\":[1]",      "{\"input\":[1]}x",
        "{\"input\" [1]}",     "{\"input\":[-]}",      "{\"input\":[1e]}",    "{\"input\":[[1],]}",
        "{\"input\":[1.2.3]}", "{\"input\":[1]]}",     "{\"input\":",         "{\"input\"",
        "{\"input\":[nullx]}", "{\"input\":[1}",       "{\"input\":[1]\xff}", "{\"input\":[1],}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        struct json *whole;
        struct err err = ERR_INIT;
        assert_false(parse(&f, texts[i]));
        assert_false(json_parse(texts[i], strlen(texts[i]), &whole, &err));
        assert_string_equal(f.err.text, err.text);
        assert_null(f.root);
        assert_int_equal(f.arena.used, 0);
        finish(&f);
    }
}

/* More text than is collected for json-c at once, before, between and after. */
static void long_envelopes_are_whole(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{\"before\":\"");
    for (int i = 0; i < 3000; i++)
        buf_put_char(&text, 'b');
    buf_put_text(&text, "\",\"input\":[");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "%s[%d,%d.5]", i > 0 ? "," : "", i, -i);
    buf_put_text(&text, "],\"after\":[-0,");
    for (int i = 0; i < 1500; i++)
        buf_put_text(&text, "99999999999999999999,");
    buf_put_text(&text, "1]}");
    struct fixture f;
    assert_true(parse(&f, buf_text(&text)));
    assert_int_equal(f.numbers->shape[0], 5000);
    assert_true(f.numbers->values[9999] == -4999.5);
    size_t length;
    json_string(json_object_get(f.root, "before", NULL), &length);
    assert_int_equal(length, 3000);
    const struct json *after = json_object_get(f.root, "after", NULL);
    assert_int_equal(json_array_length(after), 1502);
    assert_true(json_number(json_array_at(after, 700)) == 1e20);
    finish(&f);
    buf_finish(&text);
}

static void the_arena_limits_the_numbers(void **state)
{
    (void)state;
    const char *text = "{\"input\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}";
    struct arena arena;
    struct json *root;
    struct err err = ERR_INIT;
    arena_init(&arena, 128);
    assert_false(json_parse_envelope(text, strlen(text), &rows_of_input, &arena, &root, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_null(root);
    arena_finish(&arena);
}

/* json-c takes hundreds of bytes for two of the text; the arena's limit is that of the tree too. */
static void the_tree_is_limited(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{\"input\":[[1,2],[3,4]],\"other\":[{}");
    for (int i = 0; i < 2000; i++)
        buf_put_text(&text, ",{}");
    buf_put_text(&text, "]}");
    struct arena arena;
    struct json *root;
    struct err err = ERR_INIT;
    arena_init(&arena, (size_t)1 << 20);
    assert_false(json_parse_envelope(text.data, text.length, &rows_of_input, &arena, &root, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_null(root);
    arena_reset(&arena, 0);
    arena.limit = (size_t)2 << 20;
    assert_true(json_parse_envelope(text.data, text.length, &rows_of_input, &arena, &root, &err));
    json_free(root);
    arena_finish(&arena);
    buf_finish(&text);
}

/* Numbers behind an array that turns out to hold something else are none of its own: no room is
 * asked for them, nor are they looked at, once for each of many such members. */
static void an_array_is_not_searched_beyond_its_end(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{");
    for (int i = 0; i < 50000; i++)
        buf_put_text(&text, "\"input\":[[1],0],");
    buf_put_text(&text, "\"numbers\":[0");
    for (int i = 0; i < 1000; i++)
        buf_put_text(&text, ",0");
    buf_put_text(&text, "],\"rows\":[[1]]}");
    struct arena arena;
    struct json *root;
    struct err err = ERR_INIT;
    arena_init(&arena, (size_t)32 << 20);
    if (!json_parse_envelope(text.data, text.length, &rows_of_input, &arena, &root, &err))
        fail_msg("%s", err.text);
    assert_int_equal(json_array_length(json_object_get(root, "input", NULL)), 2);
    json_free(root);
    arena_finish(&arena);
    buf_finish(&text);
}

/* No values are an array of numbers too, so that its place in the tree is always its own. */
static void nothing_is_taken_as_nothing(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"input\":[ ],\"other\":[]}"));
    assert_non_null(f.numbers);
    assert_int_equal(f.numbers->count, 0);
    assert_int_equal(f.numbers->dimensions, 1);
    assert_int_equal(f.numbers->shape[0], 0);
    assert_int_equal(json_type(json_object_get(f.root, "other", NULL)), JSON_ARRAY);
    finish(&f);
}

static void assert_shape(const struct json *value, size_t dimensions, const size_t *shape)
{
    const struct json_numbers *numbers = json_numbers(value);
    assert_non_null(numbers);
    assert_int_equal(numbers->dimensions, dimensions);
    size_t count = 1;
    for (size_t i = 0; i < dimensions; i++) {
        assert_int_equal(numbers->shape[i], shape[i]);
        count *= shape[i];
    }
    assert_int_equal(numbers->count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(numbers->values[i] == (double)i);
}

static void arrays_of_any_depth_have_a_shape(void **state)
{
    (void)state;
    static const char *const places[] = {"input", NULL};
    struct fixture f;
    parse_places(&f, "{\"input\":[[[0,1],[2,3],[4,5]] , [[6,7],[8,9],[10,11]]]}", places);
    assert_shape(json_object_get(f.root, "input", NULL), 3, (const size_t[]){2, 3, 2});
    finish(&f);
    parse_places(&f, "{\"input\":[[[[[0]]]],[[[[1]]]]]}", places);
    assert_shape(json_object_get(f.root, "input", NULL), 5, (const size_t[]){2, 1, 1, 1, 1});
    finish(&f);
    static const char *const ragged[] = {
        "{\"input\":[[[0,1],[2]],[[3,4],[5,6]]]}",
        "{\"input\":[[[0],[1]],[[2]]]}",
        "{\"input\":[[[0],[1]],[2]]}",
        "{\"input\":[[[0]],[[[1]]]]}",
        "{\"input\":[[0],[[1]]]}",
        "{\"input\":[[[0],1]]}",
    };
    for (size_t i = 0; i < sizeof ragged / sizeof ragged[0]; i++) {
        parse_places(&f, ragged[i], places);
        assert_int_equal(json_type(json_object_get(f.root, "input", NULL)), JSON_ARRAY);
        finish(&f);
    }
}

/* As deep as the scanner goes, and no deeper, wherever the array stands. */
static void the_depth_is_the_scanners(void **state)
{
    (void)state;
    static const char *const places[] = {"", "a.b", NULL};
    char text[2 * JSON_DEPTH_MAX + 32];
    for (size_t depth = JSON_DEPTH_MAX - 3; depth < JSON_DEPTH_MAX + 2; depth++) {
        for (int inside = 0; inside < 2; inside++) {
            const struct json_wanted wanted = {.places = places, .dimensions = 1000};
            struct fixture f;
            struct json *whole;
            char open[JSON_DEPTH_MAX + 2], close[JSON_DEPTH_MAX + 2];
            memset(open, '[', depth);
            memset(close, ']', depth);
            open[depth] = close[depth] = '\0';
            snprintf(text, sizeof text, inside ? "{\"a\":{\"b\":%s7%s}}" : "%s7%s", open, close);
            bool ok = json_parse(text, strlen(text), &whole, NULL);
            assert_true(ok == (depth + 2 * (size_t)inside <= JSON_DEPTH_MAX));
            assert_true(parse_wanted(&f, text, &wanted) == ok);
            if (ok && !inside)
                assert_int_equal(json_numbers(f.root)->dimensions, depth);
            json_free(whole);
            finish(&f);
        }
    }
}

static const struct json *member_of(const struct json *value, const char *name)
{
    bool found;
    const struct json *member = json_object_get(value, name, &found);
    assert_true(found);
    return member;
}

static void places_lead_through_members_and_elements(void **state)
{
    (void)state;
    static const char *const places[] = {"inputs[].data", "table.data", "columns.*", NULL};
    struct fixture f;
    parse_places(&f,
                 "{\"data\":[0],\"inputs\":[{\"name\":\"a\",\"data\":[0,1],\"shape\":[2]},7,"
                 "{\"data\":{\"data\":[0]}},[{\"data\":[0]}],{\"d\\u0061ta\":[[0],[1]]}],"
                 "\"table\":{\"index\":[0],\"data\":[[0,1]]},"
                 "\"columns\":{\"x\":[0,1,2],\"y\":[\"a\"],\"\\u007a\":[0],\"w\":{\"x\":[0]}}}",
                 places);
    assert_int_equal(json_type(member_of(f.root, "data")), JSON_ARRAY);
    const struct json *inputs = member_of(f.root, "inputs");
    assert_int_equal(json_array_length(inputs), 5);
    assert_shape(member_of(json_array_at(inputs, 0), "data"), 1, (const size_t[]){2});
    assert_int_equal(json_type(member_of(json_array_at(inputs, 0), "shape")), JSON_ARRAY);
    const struct json *deeper = member_of(json_array_at(inputs, 2), "data");
    assert_int_equal(json_type(member_of(deeper, "data")), JSON_ARRAY);
    const struct json *nested = json_array_at(json_array_at(inputs, 3), 0);
    assert_int_equal(json_type(member_of(nested, "data")), JSON_ARRAY);
    assert_shape(member_of(json_array_at(inputs, 4), "data"), 2, (const size_t[]){2, 1});
    const struct json *table = member_of(f.root, "table");
    assert_int_equal(json_type(member_of(table, "index")), JSON_ARRAY);
    assert_shape(member_of(table, "data"), 2, (const size_t[]){1, 2});
    const struct json *columns = member_of(f.root, "columns");
    assert_shape(member_of(columns, "x"), 1, (const size_t[]){3});
    assert_int_equal(json_type(member_of(columns, "y")), JSON_ARRAY);
    assert_shape(member_of(columns, "z"), 1, (const size_t[]){1});
    assert_int_equal(json_type(member_of(member_of(columns, "w"), "x")), JSON_ARRAY);
    finish(&f);
}

static void the_whole_text_is_a_place(void **state)
{
    (void)state;
    static const char *const places[] = {"", "input", NULL};
    struct fixture f;
    parse_places(&f, " [[0,1],[2,3]] ", places);
    assert_shape(f.root, 2, (const size_t[]){2, 2});
    finish(&f);
    parse_places(&f, "{\"input\":[0,1]}", places);
    assert_shape(f.numbers != NULL ? member_of(f.root, "input") : NULL, 1, (const size_t[]){2});
    finish(&f);
    parse_places(&f, "[[0,1],[2,\"x\"]]", places);
    assert_int_equal(json_array_length(f.root), 2);
    finish(&f);
}

/* What is replaced by a later member of the same name must not come back in its place. */
static void later_members_replace_what_was_taken(void **state)
{
    (void)state;
    static const char *const places[] = {"inputs[].data", NULL};
    struct fixture f;
    parse_places(&f, "{\"inputs\":[{\"data\":[7]},{\"data\":[8]}],\"inputs\":[{\"data\":[[]]}]}",
                 places);
    assert_int_equal(
        json_array_length(member_of(json_array_at(member_of(f.root, "inputs"), 0), "data")), 1);
    finish(&f);
    parse_places(&f, "{\"inputs\":[{\"data\":[7]}],\"inputs\":[{\"data\":[],\"data\":[0]}]}",
                 places);
    assert_shape(member_of(json_array_at(member_of(f.root, "inputs"), 0), "data"), 1,
                 (const size_t[]){1});
    finish(&f);
    parse_places(&f, "{\"inputs\":[{\"data\":[7]}],\"inputs\":[{\"data\":false}]}", places);
    const struct json *data = member_of(json_array_at(member_of(f.root, "inputs"), 0), "data");
    assert_int_equal(json_type(data), JSON_BOOL);
    finish(&f);
    parse_places(&f, "{\"inputs\":[{\"data\":false}],\"inputs\":[{\"data\":[0,1]}]}", places);
    assert_shape(member_of(json_array_at(member_of(f.root, "inputs"), 0), "data"), 1,
                 (const size_t[]){2});
    finish(&f);
    parse_places(&f, "{\"inputs\":[{\"data\":[7]}],\"inputs\":[]}", places);
    assert_int_equal(json_type(member_of(f.root, "inputs")), JSON_ARRAY);
    finish(&f);
}

static void notes_say_what_the_numbers_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned notes;
    } cases[] = {
        {"[1,-2,0,9007199254740992]", 0},
        {"[1,null]", JSON_NUMBERS_NULL},
        {"[1.0]", JSON_NUMBERS_FRACTION},
        {"[1e3]", JSON_NUMBERS_FRACTION},
        {"[9007199254740993]", JSON_NUMBERS_WIDE},
        {"[-123456789012345678901234567890]", JSON_NUMBERS_WIDE},
        {"[1e400]", JSON_NUMBERS_FRACTION | JSON_NUMBERS_OVERFLOW},
        {"[NaN,1]", JSON_NUMBERS_NON_FINITE},
        {"[Infinity,-Infinity,0.5]", JSON_NUMBERS_NON_FINITE | JSON_NUMBERS_FRACTION},
    };
    const struct json_wanted wanted = {
        .places = (const char *const[]){"", NULL},
        .dimensions = 1,
        .non_finite = true,
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        assert_true(parse_wanted(&f, cases[i].text, &wanted));
        assert_int_equal(json_numbers(f.root)->notes, cases[i].notes);
        finish(&f);
    }
    struct fixture f;
    assert_true(parse_wanted(&f, "[-Infinity,Infinity,NaN]", &wanted));
    const double *values = json_numbers(f.root)->values;
    assert_true(values[0] == -INFINITY && values[1] == INFINITY && isnan(values[2]));
    finish(&f);
    assert_false(parse_wanted(&f, "[nan]", &wanted));
    finish(&f);
    assert_false(parse_wanted(&f, "[[NaN]]", &wanted)); /* too deep for this caller: plain JSON */
    finish(&f);
}

static void whole_numbers_are_exact(void **state)
{
    (void)state;
    static const char text[] = "[-9223372036854775808,9223372036854775807,-0,1.0,25e1, 7]";
    static const int64_t expected[] = {INT64_MIN, INT64_MAX, 0, 1, 250, 7};
    const char *const places[] = {"", NULL};
    struct fixture f;
    int64_t integers[6];
    uint64_t large[3];
    size_t bad;
    parse_places(&f, text, places);
    assert_true(json_numbers_integers(json_numbers(f.root), integers, &bad));
    assert_memory_equal(integers, expected, sizeof expected);
    finish(&f);
    parse_places(&f, "[[18446744073709551615],[0],[-0]]", places);
    assert_true(json_numbers_unsigned(json_numbers(f.root), large, &bad));
    assert_true(large[0] == UINT64_MAX && large[1] == 0 && large[2] == 0);
    assert_false(json_numbers_integers(json_numbers(f.root), integers, &bad));
    assert_int_equal(bad, 0);
    finish(&f);
    static const struct {
        const char *text;
        size_t bad, bad_unsigned;
    } wrong[] = {
        {"[1,9223372036854775808]", 1, 2},
        {"[-1,18446744073709551616]", 1, 0},
        {"[1,0.5]", 1, 1},
        {"[null]", 0, 0},
        {"[1,2,1e17]", 2, 2},
        {"[-9223372036854775809]", 0, 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        parse_places(&f, wrong[i].text, places);
        const struct json_numbers *numbers = json_numbers(f.root);
        assert_true(json_numbers_integers(numbers, integers, &bad) ==
                    (wrong[i].bad == numbers->count));
        assert_int_equal(bad, wrong[i].bad);
        assert_true(json_numbers_unsigned(numbers, large, &bad) ==
                    (wrong[i].bad_unsigned == numbers->count));
        assert_int_equal(bad, wrong[i].bad_unsigned);
        finish(&f);
    }
}

static void cells_come_one_by_one(void **state)
{
    (void)state;
    static const enum json_cell_kind kinds[] = {JSON_CELL_NUMBER, JSON_CELL_NULL,
                                                JSON_CELL_NON_FINITE, JSON_CELL_NUMBER};
    const struct json_wanted wanted = {
        .places = (const char *const[]){"", NULL},
        .dimensions = 2,
        .non_finite = true,
    };
    struct fixture f;
    assert_true(parse_wanted(&f, "[[ 12, null],\n[-Infinity ,3e0]]", &wanted));
    size_t count = 0;
    for (struct json_cells cells = json_cells_of(json_numbers(f.root)); json_cells_next(&cells);) {
        assert_true(count < 4);
        assert_int_equal(cells.kind, kinds[count]);
        if (count == 0)
            assert_true(cells.length == 2 && memcmp(cells.text, "12", 2) == 0);
        count++;
    }
    assert_int_equal(count, 4);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_is_taken),
        cmocka_unit_test(a_matrix_is_taken),
        cmocka_unit_test(other_arrays_stay),
        cmocka_unit_test(what_is_no_such_member_stays),
        cmocka_unit_test(the_last_duplicate_wins),
        cmocka_unit_test(malformed_texts_are_refused_alike),
        cmocka_unit_test(long_envelopes_are_whole),
        cmocka_unit_test(the_arena_limits_the_numbers),
        cmocka_unit_test(the_tree_is_limited),
        cmocka_unit_test(an_array_is_not_searched_beyond_its_end),
        cmocka_unit_test(nothing_is_taken_as_nothing),
        cmocka_unit_test(arrays_of_any_depth_have_a_shape),
        cmocka_unit_test(the_depth_is_the_scanners),
        cmocka_unit_test(places_lead_through_members_and_elements),
        cmocka_unit_test(the_whole_text_is_a_place),
        cmocka_unit_test(later_members_replace_what_was_taken),
        cmocka_unit_test(notes_say_what_the_numbers_are),
        cmocka_unit_test(whole_numbers_are_exact),
        cmocka_unit_test(cells_come_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
