/* CSV: what is a record and what is refused, whatever pieces the bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/csv.h"

static const struct csv_limits limits = {.record_bytes = 64, .fields = 5};

static void put_record(struct buf *out, const struct csv_record *record)
{
    buf_printf(out, "%d:", (int)record->line);
    for (size_t i = 0; i < record->count; i++) {
        const struct csv_field *field = &record->fields[i];
        buf_put_text(out, i > 0 ? "|" : "");
        buf_put_text(out, field->quoted ? "'" : "");
        buf_put(out, field->text, field->length);
        buf_put_text(out, field->quoted ? "'" : "");
    }
    buf_put_text(out, ";");
}

/* Reads text in pieces of `piece` bytes. Writes "line:field|field;" for each record, quoted fields
 * in apostrophes, and "line!what;" for each fault. */
static void read_pieces(const char *text, size_t length, char delimiter, size_t piece,
                        struct buf *out)
{
    struct csv_reader reader;
    struct csv_record record;
    struct err err = ERR_INIT;
    enum csv_status status;
    csv_init(&reader, delimiter, &limits);
    while ((status = csv_next(&reader, &record, &err)) != CSV_END) {
        if (status == CSV_RECORD) {
            put_record(out, &record);
        } else if (status == CSV_BAD) {
            buf_printf(out, "%d!%s;", (int)record.line, err.text);
        } else if (length == 0) {
            csv_close(&reader);
        } else {
            size_t size;
            char *place = csv_reserve(&reader, &size, &err);
            assert_non_null(place);
            size = size < piece ? size : piece;
            size = size < length ? size : length;
            memcpy(place, text, size);
            csv_commit(&reader, size);
            text += size;
            length -= size;
        }
    }
    csv_finish(&reader);
}

static void check_bytes(const char *text, size_t length, char delimiter, const char *expected)
{
    for (size_t piece = 1; piece <= length + 1; piece++) {
        struct buf out = BUF_INIT;
        read_pieces(text, length, delimiter, piece, &out);
        assert_string_equal(buf_text(&out), expected);
        buf_finish(&out);
    }
}

static void check(const char *text, const char *expected)
{
    check_bytes(text, strlen(text), ',', expected);
}

static void records_are_lines(void **state)
{
    (void)state;
    check("", "");
    check("a", "1:a;");
    check("a\n", "1:a;");
    check("a,b\nc,d\n", "1:a|b;2:c|d;");
    check("a,b\r\nc,d\r\n", "1:a|b;2:c|d;");
    check("a,b\nc,d\r", "1:a|b;2:c|d;");
    check("\n", "1:;");
    check("a\n\nb", "1:a;2:;3:b;");
    check(",\n,", "1:|;2:|;");
    check(" a , b ", "1: a | b ;");
}

static void quotes_hold_anything(void **state)
{
    (void)state;
    check("\"a\"", "1:'a';");
    check("\"a\",\"\"\r\n", "1:'a'|'';");
    check("\"a,b\",c", "1:'a,b'|c;");
    check("\"a\"\"b\",c\n", "1:'a\"b'|c;");
    check("\"\"\"\"", "1:'\"';");
    check("\"\"\"\"\"\",x", "1:'\"\"'|x;");
    check("a,\"b\nc\r\nd\"\ne", "1:a|'b\nc\r\nd';4:e;");
    check("\"\r\"", "1:'\r';");
}

static void faults_end_with_their_line(void **state)
{
    (void)state;
    check("a\"b,c\nd",
          "1!column 1 has a quote inside, which must be doubled in a quoted field;2:d;");
    check("x,\"a\"b,c\nd", "1!column 2 has text behind its closing quote;2:d;");
    check("x,\"a\"\xc3\xa4\nd", "1!column 2 has text behind its closing quote;2:d;");
    check("a\rb\nc", "1!column 1 has a carriage return that no line feed follows;2:c;");
    check("\"a\"\rb\nc", "1!column 1 has a carriage return that no line feed follows;2:c;");
    check("a,\"b\nc", "1!column 2 begins with a quote that is never closed;");
    check_bytes("a,b\0c\nd", 7, ',', "1!column 2 holds a NUL byte;2:d;");
    check_bytes("a,\"b\0c\"\nd", 9, ',', "1!column 2 holds a NUL byte;2:d;");
    check("1,2,3,4,5\n1,2,3,4,5,6\n7", "1:1|2|3|4|5;2!more than 5 columns;3:7;");
}

static void text_is_utf8(void **state)
{
    (void)state;
    check("\xc3\xa4,\"\xe2\x89\x88\"", "1:\xc3\xa4|'\xe2\x89\x88';");
    check("a,\xe4\nb", "1!column 2 is not UTF-8;2:b;");
    check("\xc0\xaf\nb", "1!column 1 is not UTF-8;2:b;");
    check("\xc3,\xa4\n", "1!column 1 is not UTF-8;");
    check("a,\"\xed\xa0\x80\"", "1!column 2 is not UTF-8;");
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    check("\xef\xbb\xbf", "");
    check("\xef\xbb\xbf\"a\",b\n", "1:'a'|b;");
    check("a,\xef\xbb\xbf", "1:a|\xef\xbb\xbf;");
    check("\xef\xbb", "1!column 1 is not UTF-8;");
}

static void other_delimiters(void **state)
{
    (void)state;
    check_bytes("a\tb,c\n", 6, '\t', "1:a|b,c;");
    check_bytes("a;\"b;c\"", 7, ';', "1:a|'b;c';");
}

/* A record of exactly the limit, of one byte more, and far more; in quotes too. */
static void a_line_has_a_limit(void **state)
{
    (void)state;
    char text[512], expected[512];
    for (int quoted = 0; quoted < 2; quoted++) {
        for (size_t length = 60; length < 70; length++) {
            memset(text, 'x', sizeof text);
            text[0] = text[length - 1] = quoted ? '"' : 'x';
            strcpy(text + length, "\r\nb");
            if (length <= limits.record_bytes && quoted)
                snprintf(expected, sizeof expected, "1:'%.*s';2:b;", (int)length - 2, text + 1);
            else if (length <= limits.record_bytes)
                snprintf(expected, sizeof expected, "1:%.*s;2:b;", (int)length, text);
            else
                strcpy(expected, "1!the line has more than 64 bytes;2:b;");
            check(text, expected);
        }
    }
    memset(text, ' ', 400);
    strcpy(text + 400, "\nb");
    check(text, "1!the line has more than 64 bytes;2:b;");
}

/* However much follows, what is kept is about one record. */
static void memory_does_not_grow(void **state)
{
    (void)state;
    struct csv_reader reader;
    struct csv_record record;
    struct err err = ERR_INIT;
    size_t records = 0;
    csv_init(&reader, ',', &limits);
    for (size_t i = 0; i < 200; i++) {
        size_t size;
        char *place = csv_reserve(&reader, &size, &err);
        assert_non_null(place);
        for (size_t j = 0; j < size; j++)
            place[j] = j % 16 == 15 ? '\n' : '1';
        csv_commit(&reader, size - size % 16);
        while (csv_next(&reader, &record, &err) == CSV_RECORD)
            records++;
        assert_true(reader.capacity <= 4 * 65536);
    }
    csv_finish(&reader);
    assert_true(records > 200 * 65536 / 16);
}

static void assert_written(const char *text, const char *expected)
{
    struct buf out = BUF_INIT;
    csv_write_field(&out, ';', text, strlen(text));
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void fields_are_quoted_where_they_must(void **state)
{
    (void)state;
    assert_written("", "");
    assert_written("a, b", "a, b");
    assert_written("a;b", "\"a;b\"");
    assert_written("a\"b", "\"a\"\"b\"");
    assert_written("a\nb", "\"a\nb\"");
    assert_written("a\rb", "\"a\rb\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_lines),
        cmocka_unit_test(quotes_hold_anything),
        cmocka_unit_test(faults_end_with_their_line),
        cmocka_unit_test(text_is_utf8),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(other_delimiters),
        cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(memory_does_not_grow),
        cmocka_unit_test(fields_are_quoted_where_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
