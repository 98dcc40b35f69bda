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

#include "codec/json.h"

struct fixture {
    struct arena arena;
    struct json_envelope envelope;
    struct err err;
};

static bool parse(struct fixture *fixture, const char *text)
{
    *fixture = (struct fixture){.err = ERR_INIT};
    arena_init(&fixture->arena, 0);
    return json_parse_envelope(text, strlen(text), "input", &fixture->arena, &fixture->envelope,
                               &fixture->err);
}

static void finish(struct fixture *fixture)
{
    json_free(fixture->envelope.root);
    arena_finish(&fixture->arena);
}

static void a_vector_is_taken(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"id\":7, \"input\" : [ 1 , -2.5e1,null ,0.1] ,\"z\":[1]}"));
    assert_true(f.envelope.has_numbers && f.envelope.is_vector);
    assert_int_equal(f.envelope.rows, 1);
    assert_int_equal(f.envelope.cols, 4);
    const double *numbers = f.envelope.numbers;
    assert_true(numbers[0] == 1 && numbers[1] == -25 && isnan(numbers[2]) && numbers[3] == 0.1);
    bool found;
    assert_null(json_object_get(f.envelope.root, "input", &found));
    assert_true(found);
    assert_true(json_number(json_object_get(f.envelope.root, "id", NULL)) == 7);
    assert_int_equal(json_array_length(json_object_get(f.envelope.root, "z", NULL)), 1);
    finish(&f);
}

static void a_matrix_is_taken(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"input\":[ [1,2] , [ 3,null ],\n[5,6]]}"));
    assert_true(f.envelope.has_numbers && !f.envelope.is_vector);
    assert_int_equal(f.envelope.rows, 3);
    assert_int_equal(f.envelope.cols, 2);
    assert_true(f.envelope.numbers[2] == 3 && isnan(f.envelope.numbers[3]));
    assert_true(f.envelope.numbers[5] == 6);
    finish(&f);
}

static void other_arrays_stay(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"input\":[]}",          "{\"input\":[[]]}",        "{\"input\":[[],[]]}",
        "{\"input\":[[1,2],[3]]}", "{\"input\":[[1],[2,3]]}", "{\"input\":[1,[2]]}",
        "{\"input\":[[1],2]}",     "{\"input\":[[[1]]]}",     "{\"input\":[1,\"2,3]\"]}",
        "{\"input\":[true]}",      "{\"input\":[{}]}",        "{\"input\":[[1,\"a\"]]}",
        "{\"input\":[[1],{}]}",    "{\"input\":[null,true]}", "{\"input\":[[1],null]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;
        struct json *whole;
        assert_true(parse(&f, texts[i]));
        assert_false(f.envelope.has_numbers);
        assert_int_equal(f.arena.used, 0);
        assert_true(json_parse(texts[i], strlen(texts[i]), &whole, NULL));
        assert_int_equal(json_array_length(json_object_get(f.envelope.root, "input", NULL)),
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
        assert_false(f.envelope.has_numbers);
        finish(&f);
    }
}

static void the_last_duplicate_wins(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "{\"input\":[1,2],\"input\":[[3],[4]]}"));
    assert_true(f.envelope.has_numbers && f.envelope.rows == 2 && f.envelope.numbers[1] == 4);
    assert_int_equal(json_object_size(f.envelope.root), 1);
    finish(&f);
    assert_true(parse(&f, "{\"input\":[1,2],\"input\":\"x\"}"));
    assert_false(f.envelope.has_numbers);
    assert_int_equal(f.arena.used, 0);
    assert_string_equal(json_string(json_object_get(f.envelope.root, "input", NULL), NULL), "x");
    finish(&f);
    assert_true(parse(&f, "{\"input\":\"x\",\"\\u0069\\u006eput\":[5]}"));
    assert_true(f.envelope.has_numbers && f.envelope.numbers[0] == 5);
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
        assert_null(f.envelope.root);
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
    assert_int_equal(f.envelope.rows, 5000);
    assert_true(f.envelope.numbers[9999] == -4999.5);
    size_t length;
    json_string(json_object_get(f.envelope.root, "before", NULL), &length);
    assert_int_equal(length, 3000);
    const struct json *after = json_object_get(f.envelope.root, "after", NULL);
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
    struct json_envelope envelope;
    struct err err = ERR_INIT;
    arena_init(&arena, 128);
    assert_false(json_parse_envelope(text, strlen(text), "input", &arena, &envelope, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_null(envelope.root);
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
    struct json_envelope envelope;
    struct err err = ERR_INIT;
    arena_init(&arena, (size_t)1 << 20);
    assert_false(json_parse_envelope(text.data, text.length, "input", &arena, &envelope, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_null(envelope.root);
    arena_reset(&arena, 0);
    arena.limit = (size_t)2 << 20;
    assert_true(json_parse_envelope(text.data, text.length, "input", &arena, &envelope, &err));
    json_free(envelope.root);
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
    struct json_envelope envelope;
    struct err err = ERR_INIT;
    arena_init(&arena, (size_t)32 << 20);
    if (!json_parse_envelope(text.data, text.length, "input", &arena, &envelope, &err))
        fail_msg("%s", err.text);
    assert_false(envelope.has_numbers);
    assert_int_equal(json_array_length(json_object_get(envelope.root, "input", NULL)), 2);
    json_free(envelope.root);
    arena_finish(&arena);
    buf_finish(&text);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
