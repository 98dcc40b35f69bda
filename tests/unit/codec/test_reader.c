/* The pull reader: both notations give the same values, and every text that is wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/number.h"
#include "codec/reader.h"

/* {"a": [1, -2.5, NaN], "b": {"c": "x\u00e9", "d": [true, null]}, "e": -3} */
#define JSON \
    " {\"a\" : [1, -2.5,NaN] , \"b\":{\"c\":\"x\\u00e9\",\"d\":[true,null]},\"\\u0065\":-3 } "
#define UBJSON                                                                                 \
    "{i\1a[$d#i\3\x3f\x80\0\0\xc0\x20\0\0\x7f\xc0\0\0U\1b{I\0\1cSl\0\0\0\3x\xc3\xa9i\1d[TNZ]}" \
    "L\0\0\0\0\0\0\0\1ei\xfd}"

static const struct {
    const char *text;
    size_t size;
} notations[] = {{JSON, sizeof JSON - 1}, {UBJSON, sizeof UBJSON - 1}};

#define READER(text_, err_) reader_create(text_, sizeof(text_) - 1, err_)

static void next_key_is(struct reader *reader, const char *name)
{
    struct reader_text key;
    assert_true(reader_next_key(reader, &key));
    assert_true(reader_text_is(key, name));
}

static void read_inner(struct reader *reader)
{
    struct reader_text text;
    int64_t flag;
    assert_true(reader_open_object(reader));
    next_key_is(reader, "c");
    assert_true(reader_text(reader, &text));
    assert_true(reader_text_is(text, "x\xc3\xa9"));
    next_key_is(reader, "d");
    assert_true(reader_open_array(reader));
    assert_true(reader_next_item(reader));
    assert_int_equal(reader_peek(reader), READER_FLAG);
    assert_true(reader_integer(reader, &flag));
    assert_int_equal(flag, 1);
    assert_true(reader_next_item(reader));
    assert_int_equal(reader_peek(reader), READER_NULL);
    assert_true(reader_skip(reader, NULL));
    assert_false(reader_next_item(reader));
    struct reader_text none;
    assert_false(reader_next_key(reader, &none));
}

static void both_notations_give_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        struct reader_singles singles = {0};
        struct reader_text none;
        int64_t number;
        struct reader *reader = reader_create(notations[i].text, notations[i].size, &err);
        assert_true(reader_open_object(reader));
        next_key_is(reader, "a");
        assert_int_equal(reader_peek(reader), READER_ARRAY);
        assert_true(reader_read_singles(reader, &singles, 3));
        assert_int_equal(singles.count, 3);
        assert_true(singles.values[0] == 1.0F && singles.values[1] == -2.5F);
        assert_true(isnan(singles.values[2]));
        next_key_is(reader, "b");
        read_inner(reader);
        next_key_is(reader, "e");
        assert_true(reader_integer(reader, &number));
        assert_int_equal(number, -3);
        assert_false(reader_next_key(reader, &none));
        assert_true(reader_end(reader));
        assert_false(reader_failed(reader));
        reader_singles_finish(&singles);
        reader_destroy(reader);
    }
}

static void a_skipped_value_can_be_read_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        struct reader_span spans[3];
        int64_t number;
        struct reader_text key;
        size_t count = 0;
        struct reader *reader = reader_create(notations[i].text, notations[i].size, &err);
        assert_true(reader_open_object(reader));
        while (reader_next_key(reader, &key))
            assert_true(reader_skip(reader, &spans[count++]));
        assert_int_equal(count, 3);
        assert_true(reader_end(reader));
        struct reader *inner = reader_create_within(reader, spans[1], &err);
        read_inner(inner);
        assert_true(reader_end(inner));
        struct reader *last = reader_create_within(reader, spans[2], &err);
        assert_true(reader_integer(last, &number));
        assert_true(reader_end(last));
        reader_destroy(last);
        reader_destroy(inner);
        reader_destroy(reader);
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t size = 2; size < notations[i].size - (i == 0 ? 1 : 0); size++) {
            struct err err = ERR_INIT;
            struct reader_text key;
            char *text = malloc(size);
            memcpy(text, notations[i].text, size);
            struct reader *reader = reader_create(text, size, &err);
            if (reader_open_object(reader)) {
                while (reader_next_key(reader, &key))
                    reader_skip(reader, NULL);
            }
            assert_true(reader_failed(reader));
            assert_true(err.code == ERR_INVALID || err.code == ERR_LIMIT);
            assert_false(reader_end(reader));
            reader_destroy(reader);
            free(text);
        }
    }
}

static void wrong_types_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"a\":\"1\"}", "{\"a\":[1,\"2\"]}", "{\"a\":[1,2e]}",
                                        "{\"a\":[1 2]}", "{\"a\":[1,]}",      "{\"a\":nul}",
                                        "{\"a\":[1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct err err = ERR_INIT;
        struct reader_singles singles = {0};
        struct reader *reader = reader_create(texts[i], strlen(texts[i]), &err);
        assert_true(reader_open_object(reader));
        next_key_is(reader, "a");
        assert_false(reader_read_singles(reader, &singles, 100));
        assert_true(reader_failed(reader));
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, "at byte"));
        reader_singles_finish(&singles);
        reader_destroy(reader);
    }
}

static void claims_are_refused_before_memory_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        enum err_code code;
    } cases[] = {
#define CASE(text, code) {text, sizeof(text) - 1, (code)}
        CASE("{i\1a[$d#l\x7f\xff\xff\xff\0\0\0\0", ERR_LIMIT),
        CASE("{i\1a[$l#L\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", ERR_LIMIT),
        CASE("{i\1a[#l\x7f\xff\xff\xff\0\0\0\0", ERR_LIMIT),
        CASE("{i\1a[$T#l\x7f\xff\xff\xff", ERR_UNSUPPORTED),
        CASE("{i\1a[$Z#l\x7f\xff\xff\xff", ERR_UNSUPPORTED),
        CASE("{i\1a[$[#i\3]]]", ERR_UNSUPPORTED),
        CASE("{i\1a[$d\1", ERR_INVALID),
        CASE("{i\1a[#i\xff", ERR_INVALID),
        CASE("{i\1aSl\x7f\xff\xff\xff", ERR_INVALID),
        CASE("{i\1aHi\1"
             "5",
             ERR_INVALID),
        CASE("{i\xff", ERR_INVALID),
        CASE("{#l\x7f\xff\xff\xff", ERR_LIMIT),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int skips = 0; skips < 2; skips++) {
            struct err err = ERR_INIT;
            struct reader_singles singles = {0};
            struct reader_text key;
            struct reader *reader = reader_create(cases[i].text, cases[i].size, &err);
            if (reader_open_object(reader) && reader_next_key(reader, &key)) {
                bool ok = skips ? reader_skip(reader, NULL)
                                : reader_read_singles(reader, &singles, SIZE_MAX);
                assert_false(ok);
            }
            assert_true(reader_failed(reader));
            assert_true(err.code == cases[i].code || err.code == ERR_INVALID);
            assert_true(singles.capacity == 0);
            reader_singles_finish(&singles);
            reader_destroy(reader);
        }
    }
}

static void limits_and_ranges_hold(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct reader_integers integers = {0};
    struct reader *reader = READER("[1,2,3]", &err);
    assert_false(reader_read_integers(reader, &integers, 2));
    assert_int_equal(err.code, ERR_LIMIT);
    reader_destroy(reader);
    reader = READER("[1,2147483648]", &err);
    assert_false(reader_read_integers(reader, &integers, 10));
    assert_non_null(strstr(err.text, "32 bits"));
    reader_destroy(reader);
    reader = READER("[-2147483648,true,false]", &err);
    assert_true(reader_read_integers(reader, &integers, 10));
    assert_int_equal(integers.count, 3);
    assert_int_equal(integers.values[0], INT32_MIN);
    assert_int_equal(integers.values[1], 1);
    reader_destroy(reader);
    int64_t number;
    reader = READER("-9223372036854775808", &err);
    assert_true(reader_integer(reader, &number));
    assert_true(number == INT64_MIN);
    reader_destroy(reader);
    reader = READER("9223372036854775808", &err);
    assert_false(reader_integer(reader, &number));
    reader_destroy(reader);
    reader_integers_finish(&integers);
}

static void deep_texts_are_refused(void **state)
{
    (void)state;
    static const char open[2][8] = {"{\"a\":", "{i\1a"};
    for (int binary = 0; binary < 2; binary++) {
        char text[2000] = "";
        size_t unit = strlen(open[binary]), size = 0;
        for (int i = 0; i < 200; i++, size += unit)
            memcpy(text + size, open[binary], unit);
        struct err err = ERR_INIT;
        struct reader *reader = reader_create(text, size, &err);
        assert_false(reader_skip(reader, NULL));
        assert_true(reader_failed(reader));
        assert_non_null(strstr(err.text, "nested"));
        reader_destroy(reader);
    }
}

static void floats_are_rounded_once(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        float value;
    } cases[] = {
        /* A hair below and above half-way between two floats; as doubles they are half-way. */
        {"1.00000017881393432617187499", 0x1.000002p0F},
        {"1.00000017881393432617187501", 0x1.000004p0F},
        {"1.000000178813934326171875", 0x1.000004p0F},
        {"16777217", 16777216.0F},
        {"-16777219", -16777220.0F},
        {"1E-45", 0x1p-149F},
        {"7.0064923216240853546186479164495806564013097093825788587853e-46", 0.0F},
        {"7.00649232162408535461864791644958065640130970938257885878534e-46", 0.0F},
        {"7.1e-46", 0x1p-149F},
        {"1.17549435E-38", 0x1p-126F},
        {"3.4028235677973367e38", INFINITY},
        {"3.4028235677973366e38", 0x1.fffffep127F},
        {"0", 0.0F},
        {"0e999", 0.0F},
        {"1e-999", 0.0F},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float value = -1.0F;
        const char *end = cases[i].text + strlen(cases[i].text);
        assert_ptr_equal(number_read_single(cases[i].text, end, &value), end);
        if (value != cases[i].value || value != strtof(cases[i].text, NULL))
            fail_msg("%s gave %a", cases[i].text, (double)value);
    }
    float value;
    static const char plus[] = "+1";
    assert_null(number_read_single(plus, plus + 2, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_notations_give_the_same),
        cmocka_unit_test(a_skipped_value_can_be_read_later),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(wrong_types_are_refused),
        cmocka_unit_test(claims_are_refused_before_memory_is_taken),
        cmocka_unit_test(limits_and_ranges_hold),
        cmocka_unit_test(deep_texts_are_refused),
        cmocka_unit_test(floats_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
