/* Reading: what is JSON, the tree, documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

struct text {
    const char *bytes;
    size_t length;
};
#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static bool accepts(const char *bytes, size_t length, struct err *err)
{
    struct json *root = NULL;
    bool ok = json_parse(bytes, length, &root, err);
    json_free(root);
    return ok;
}

static const struct text good[] = {
    TEXT("null"),
    TEXT(" true\n"),
    TEXT("false"),
    TEXT("0"),
    TEXT("-0"),
    TEXT("-0.0e-0"),
    TEXT("1E+5"),
    TEXT("1e400"),
    TEXT("123456789012345678901234567890"),
    TEXT("\"\""),
    TEXT("\"a\\u0000b\""),
    TEXT("\"\\ud83d\\ude00\\/\""),
    TEXT("\"\\ud800\""),
    TEXT("\"\x7f\""),
    TEXT("\"\xf4\x8f\xbf\xbf\""),
    TEXT("[]"),
    TEXT("{}"),
    TEXT("[ ]"),
    TEXT("{ }"),
    TEXT("[1,[2,{\"a\":[]}],\"x\"]"),
    TEXT("{\"a\":1,\"a\":2}"),
    TEXT("{\"\":{\"\\u0061\" :\t1}}"),
};

static void accepts_what_the_rfc_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct err err = ERR_INIT;
        if (!accepts(good[i].bytes, good[i].length, &err))
            fail_msg("refused %s: %s", good[i].bytes, err.text);
    }
}

static const struct text bad[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("nul"),
    TEXT("NULL"),
    TEXT("True"),
    TEXT("truex"),
    TEXT("NaN"),
    TEXT("nan"),
    TEXT("Infinity"),
    TEXT("-Infinity"),
    TEXT("[NaN]"),
    TEXT("[-Infinity]"),
    TEXT("-"),
    TEXT("1."),
    TEXT(".5"),
    TEXT("-.5"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("01"),
    TEXT("-01"),
    TEXT("[00]"),
    TEXT("+1"),
    TEXT("0x10"),
    TEXT("1-2"),
    TEXT("[1.e5]"),
    TEXT("1 2"),
    TEXT("[1 2]"),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("["),
    TEXT("[1"),
    TEXT("]"),
    TEXT("[1]]"),
    TEXT("{\"a\":1,}"),
    TEXT("{,}"),
    TEXT("{a:1}"),
    TEXT("{'a':1}"),
    TEXT("'a'"),
    TEXT("{\"a\"}"),
    TEXT("{\"a\":}"),
    TEXT("{\"a\" 1}"),
    TEXT("{1:2}"),
    TEXT("{\"a\":1"),
    TEXT("[}"),
    TEXT("{]"),
    TEXT("[1}"),
    TEXT("{\"a\":1]"),
    TEXT("\""),
    TEXT("\"a"),
    TEXT("\"\\\""),
    TEXT("\"\\x\""),
    TEXT("\"\\'\""),
    TEXT("\"\\u12\""),
    TEXT("\"\\u123g\""),
    TEXT("\"\n\""),
    TEXT("\"\t\""),
    TEXT("\"\x01\""),
    TEXT("\"a\0b\""),
    TEXT("1\0"),
    TEXT("[1]\0"),
    TEXT("\0"),
    TEXT("/*c*/1"),
    TEXT("[1//\n]"),
    TEXT("\v1"),
    TEXT("\xef\xbb\xbf"
         "1"),
    TEXT("\"\xff\""),
    TEXT("\"\x80\""),
    TEXT("\"\xc0\x80\""),
    TEXT("\"\xe0\x80\x80\""),
    TEXT("\"\xed\xa0\x80\""),
    TEXT("\"\xf4\x90\x80\x80\""),
    TEXT("\"\xf5\x80\x80\x80\""),
    TEXT("\"\xe2\x82\""),
    TEXT("\"\xe2\x82"),
    TEXT("[1\xff]"),
    TEXT("{\"a\\u0000b\":1}"),
};

static void refuses_what_the_rfc_forbids(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = ERR_INIT;
        if (accepts(bad[i].bytes, bad[i].length, &err))
            fail_msg("accepted %s", bad[i].bytes);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, " at byte "));
    }
}

static void says_where(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(accepts("{\"secret\": 0012}", 16, &err));
    assert_string_equal(err.text, "not valid JSON: a number has a leading zero at byte 11");
    assert_false(accepts("[1, 2", 5, &err));
    assert_string_equal(err.text, "not valid JSON: it ends too early at byte 5");
}

static void limits_depth(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 4];
    struct err err = ERR_INIT;
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        text[depth] = '1';
        memset(text + depth + 1, ']', depth);
        assert_int_equal(accepts(text, 2 * depth + 1, &err), depth == JSON_DEPTH_MAX);
    }
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "nested more than 100 deep at byte 100");
}

static void a_failure_leaves_nothing_behind(void **state)
{
    (void)state;
    struct json *root = NULL;
    assert_false(json_parse("{\"a\":[1,2,{\"b\":-0,\"c\":01", 25, &root, NULL));
    assert_null(root);
    assert_true(json_parse("[3]", 3, &root, NULL));
    assert_int_equal(json_array_length(root), 1);
    json_free(root);
}

static struct json *parse(const char *text)
{
    struct json *root = NULL;
    struct err err = ERR_INIT;
    if (!json_parse(text, strlen(text), &root, &err))
        fail_msg("%s", err.text);
    return root;
}

static void walks_the_tree(void **state)
{
    (void)state;
    struct json *root =
        parse("{\"b\":true,\"t\":\"a\\u0000\\u00e9\",\"l\":[1,null,2.5],\"o\":{\"\":0}}");
    bool found;
    size_t length;
    assert_int_equal(json_type(root), JSON_OBJECT);
    assert_int_equal(json_object_size(root), 4);
    assert_true(json_bool(json_object_get(root, "b", &found)));
    assert_true(found);
    assert_null(json_object_get(root, "x", &found));
    assert_false(found);
    const struct json *text = json_object_get(root, "t", NULL);
    assert_memory_equal(json_string(text, &length), "a\0\xc3\xa9", 5);
    assert_int_equal(length, 4);
    const struct json *list = json_object_get(root, "l", NULL);
    assert_int_equal(json_array_length(list), 3);
    assert_int_equal(json_type(json_array_at(list, 1)), JSON_NULL);
    assert_true(json_number(json_array_at(list, 2)) == 2.5);
    assert_null(json_array_at(list, 3));
    json_free(root);
}

static void iterates_in_order(void **state)
{
    (void)state;
    struct json *root = parse("{\"z\":1,\"a\":null,\"m\":3,\"z\":4}");
    char seen[64] = "";
    for (struct json_iterator it = json_begin(root); json_next(&it);) {
        assert_int_equal(it.key_length, 1);
        size_t length = strlen(seen);
        snprintf(seen + length, sizeof seen - length, "%s%g ", it.key, json_number(it.value));
    }
    assert_string_equal(seen, "z4 anan m3 ");
    struct json_iterator none = json_begin(NULL);
    assert_false(json_next(&none));
    json_free(root);
}

/* Getters of the wrong type answer something harmless instead of converting or aborting. */
static void wrong_types_are_harmless(void **state)
{
    (void)state;
    static const char *const texts[] = {"null", "true", "7", "\"7\"", "[7]", "{\"a\":7}"};
    for (size_t i = 0; i < 6; i++) {
        struct json *root = parse(texts[i]);
        size_t length = 9;
        int64_t integer;
        assert_int_equal(json_type(root), i);
        assert_int_equal(json_bool(root), i == 1);
        assert_int_equal(isnan(json_number(root)) != 0, i != 2);
        assert_int_equal(json_integer(root, &integer), i == 2);
        assert_string_equal(json_string(root, &length), i == 3 ? "7" : "");
        assert_int_equal(length, i == 3);
        assert_int_equal(json_array_length(root), i == 4);
        assert_int_equal(json_array_at(root, 0) != NULL, i == 4);
        assert_int_equal(json_object_get(root, "a", NULL) != NULL, i == 5);
        assert_int_equal(json_object_size(root), i == 5);
        json_free(root);
    }
    assert_string_equal(json_type_name(JSON_ARRAY), "an array");
    assert_string_equal(json_type_name(JSON_NULL), "null");
}

static void numbers_keep_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
        bool is_integer;
        int64_t integer;
    } cases[] = {
        {"0", 0, true, 0},
        {"-0", -0.0, true, 0},
        {"-0.0", -0.0, false, 0},
        {"1.0", 1, false, 0},
        {"1e2", 100, false, 0},
        {"9007199254740993", 9007199254740992.0, true, 9007199254740993},
        {"9223372036854775807", 9223372036854775808.0, true, INT64_MAX},
        {"9223372036854775808", 9223372036854775808.0, false, 0},
        {"-9223372036854775808", -9223372036854775808.0, true, INT64_MIN},
        {"-9223372036854775809", -9223372036854775808.0, false, 0},
        {"18446744073709551616", 18446744073709551616.0, false, 0},
        {"100000000000000000000000", 1e23, false, 0},
        {"-100000000000000000000000", -1e23, false, 0},
        {"1e400", INFINITY, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "[%s]", cases[i].text);
        struct json *root = parse(text);
        const struct json *value = json_array_at(root, 0);
        double number = json_number(value);
        int64_t integer = 1;
        assert_memory_equal(&number, &cases[i].number, sizeof number);
        assert_int_equal(json_integer(value, &integer), cases[i].is_integer);
        if (cases[i].is_integer)
            assert_true(integer == cases[i].integer);
        json_free(root);
    }
}

static void *parse_on_a_thread(void *argument)
{
    (void)argument;
    struct json *root = parse("{\"a\":[1,2,3]}");
    json_free(root);
    return NULL;
}

static void threads_have_their_own(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_on_a_thread, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    json_thread_finish();
    json_thread_finish(); /* twice, and use after, are fine */
    parse_on_a_thread(NULL);
}

static void documents_refuse_duplicates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", "$.a: the key is there twice"},
        {"{\"s\":[1,{},[],{\"x y\":1,\"z\":{\"x y\":1},\"\\u0078 y\":2}]}",
         "$.s[3][\"x y\"]: the key is there twice"},
        {"[[0,[1,{\"b\":[{}],\"b\":0}]]]", "$[0][1][1].b: the key is there twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json *root = NULL;
        struct err err = ERR_INIT;
        assert_false(json_parse_document(cases[i].text, strlen(cases[i].text), &root, &err));
        assert_null(root);
        assert_string_equal(err.text, cases[i].place);
    }
}

static void documents_are_parsed(void **state)
{
    (void)state;
    struct json *root = NULL;
    const char *text = "{\"a\":[{\"a\":1},{\"a\":2}],\"b\":{\"a\":-0,\"c\":\"\\u0061\"}}";
    assert_true(json_parse_document(text, strlen(text), &root, NULL));
    assert_int_equal(json_object_size(root), 2);
    json_free(root);
    assert_false(json_parse_document("{\"a\":[{\"b\":", 11, &root, NULL));
    assert_null(root);
}

/* Half a gigabyte of "{}" would take a hundred; nothing is built of what is refused. */
static void documents_have_a_memory_limit(void **state)
{
    (void)state;
    const size_t count = (size_t)3 << 19; /* some 750 bytes each */
    char *text = malloc(count * 3 + 2);
    struct json *root;
    struct err err = ERR_INIT;
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(text + 1 + i * 3, "{},", 3);
    text[count * 3] = ']';
    assert_false(json_parse_document(text, count * 3 + 1, &root, &err));
    assert_null(root);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "more values than fit in 1024 MiB, the limit of a document");
    free(text);
}

/* json-c gets a text in pieces: whatever its length, no piece may end in the wrong place. */
static void accepts_every_length(void **state)
{
    (void)state;
    static char text[3000];
    for (size_t length = 8; length <= sizeof text; length++) {
        memset(text, 'x', length);
        memcpy(text, "{\"a\":\"", 6);
        memcpy(text + length - 2, "\"}", 2);
        assert_true(accepts(text, length, NULL));
        memset(text, ' ', length); /* a number at the top, which ends where the text does */
        text[length - 1] = '7';
        assert_true(accepts(text, length, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_the_rfc_allows),
        cmocka_unit_test(accepts_every_length),
        cmocka_unit_test(refuses_what_the_rfc_forbids),
        cmocka_unit_test(says_where),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(a_failure_leaves_nothing_behind),
        cmocka_unit_test(walks_the_tree),
        cmocka_unit_test(iterates_in_order),
        cmocka_unit_test(wrong_types_are_harmless),
        cmocka_unit_test(numbers_keep_their_value),
        cmocka_unit_test(threads_have_their_own),
        cmocka_unit_test(documents_refuse_duplicates),
        cmocka_unit_test(documents_are_parsed),
        cmocka_unit_test(documents_have_a_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
