/* Lines, whatever pieces the bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "cli/lines.h"

#define LIMIT 20

static void read_pieces(const char *text, size_t left, size_t piece, struct buf *out)
{
    struct lines lines;
    struct err err = ERR_INIT;
    const char *line;
    size_t length;
    enum lines_status status;
    lines_init(&lines, LIMIT);
    while ((status = lines_next(&lines, &line, &length)) != LINES_END) {
        if (status == LINES_LINE) {
            buf_printf(out, "%d:", (int)lines.number);
            buf_put(out, line, length);
            buf_put_char(out, ';');
        } else if (status == LINES_TOO_LONG) {
            buf_printf(out, "%d!;", (int)lines.number);
        } else if (left == 0) {
            lines_close(&lines);
        } else {
            size_t size;
            char *place = lines_reserve(&lines, &size, &err);
            assert_non_null(place);
            size = size < piece ? size : piece;
            size = size < left ? size : left;
            memcpy(place, text, size);
            lines_commit(&lines, size);
            text += size;
            left -= size;
        }
    }
    lines_finish(&lines);
}

static void check(const char *text, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        struct buf out = BUF_INIT;
        read_pieces(text, strlen(text), piece, &out);
        assert_string_equal(buf_text(&out), expected);
        buf_finish(&out);
    }
}

static void lines_end_in_many_ways(void **state)
{
    (void)state;
    check("", "");
    check("a", "1:a;");
    check("a\n", "1:a;");
    check("a\r\nb\r\n", "1:a;2:b;");
    check("a\n\nb", "1:a;2:;3:b;");
    check("\n", "1:;");
    check("a\rb\n", "1:a\rb;");
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    check("\xef\xbb\xbf", "");
    check("\xef\xbb\xbf{}\n", "1:{};");
    check("a\n\xef\xbb\xbf", "1:a;2:\xef\xbb\xbf;");
    check("\xef\xbb", "1:\xef\xbb;");
}

static void long_lines_are_passed_over(void **state)
{
    (void)state;
    check("12345678901234567890\na", "1:12345678901234567890;2:a;");
    check("12345678901234567890\r\na", "1:12345678901234567890;2:a;");
    check("123456789012345678901\na", "1!;2:a;");
    check("12345678901234567890123456789\nb\n", "1!;2:b;");
    check("a\n12345678901234567890123456789", "1:a;2!;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_in_many_ways),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(long_lines_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
