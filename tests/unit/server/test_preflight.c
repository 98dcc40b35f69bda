#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "raw.h"
#include "server/preflight.h"

#define LIMIT 1000

static struct preflight check(const struct buf *bytes)
{
    return preflight_check((const unsigned char *)bytes->data, bytes->length, LIMIT);
}

/* Every beginning of a good request is MORE, the head and whatever follows is GO. */
static void test_every_prefix(void **state)
{
    (void)state;
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    char value[300];
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    raw_param(&pairs, "REQUEST_METHOD", "GET");
    raw_param(&pairs, "LONG", value);
    raw_begin(&out, 65535, 1, true);
    for (size_t i = 0; i < pairs.length; i += 7) /* pairs cut anywhere */
        raw_record(&out, 4, 65535, pairs.data + i, pairs.length - i < 7 ? pairs.length - i : 7, 3);
    raw_record(&out, 4, 65535, NULL, 0, 9);
    size_t head = out.length;
    raw_record(&out, 5, 65535, "body", 4, 0);
    for (size_t size = 0; size <= out.length; size++) {
        struct preflight seen = preflight_check((const unsigned char *)out.data, size, LIMIT);
        assert_int_equal(seen.verdict, size < head ? PREFLIGHT_MORE : PREFLIGHT_GO);
        if (seen.verdict == PREFLIGHT_GO) {
            assert_int_equal(seen.consume, head);
            assert_int_equal(seen.padding, 9);
            assert_int_equal(seen.request_id, 65535);
        }
    }
    buf_finish(&pairs);
    buf_finish(&out);
}

static void expect(struct buf *out, enum preflight_verdict want)
{
    struct preflight seen = check(out);
    assert_int_equal(seen.verdict, want);
    buf_finish(out);
}

static void test_no_request(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    buf_put_text(&out, "GET / HTTP/1.1\r\n");
    expect(&out, PREFLIGHT_CLOSE);
    buf_put_char(&out, 2); /* another version */
    expect(&out, PREFLIGHT_CLOSE);
    raw_record(&out, 5, 1, "rest of a body", 14, 0);
    expect(&out, PREFLIGHT_CLOSE);
    raw_record(&out, 1, 1, "short", 5, 0);
    expect(&out, PREFLIGHT_CLOSE);
    raw_begin(&out, 0, 1, true);
    expect(&out, PREFLIGHT_CLOSE);
    raw_record(&out, 1, 1, "\0\1\1\0\0\0\0\0", 8, 8); /* padding that libfcgi does not skip */
    raw_params(&out, 1, &(struct buf){0});
    expect(&out, PREFLIGHT_CLOSE);
    raw_record(&out, 2, 1, NULL, 0, 0); /* the abort of what is done already */
    expect(&out, PREFLIGHT_SKIP);
}

static void test_roles(void **state)
{
    (void)state;
    const unsigned roles[] = {0, 2, 3, 7, 257};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        struct buf out = BUF_INIT;
        raw_begin(&out, 5, roles[i], true);
        assert_int_equal(check(&out).request_id, 5);
        expect(&out, PREFLIGHT_ROLE);
    }
}

static void test_lengths(void **state)
{
    (void)state;
    const char *const bad[] = {
        "\x80\x00\x04\x00\x00",             /* 1024 > LIMIT, and no value yet */
        "\xff\xff\xff\xff\xff\xff\xff\xff", /* libfcgi's sum of these is negative */
        "\x80\x00\x00\x01\xbf\xff\xff\xff", /* 1 GB */
    };
    const size_t sizes[] = {5, 8, 8};
    for (size_t i = 0; i < 3; i++) {
        struct buf out = BUF_INIT;
        raw_begin(&out, 1, 1, true);
        raw_record(&out, 4, 1, bad[i], sizes[i], 0);
        expect(&out, PREFLIGHT_TOO_LARGE);
    }
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    for (int i = 0; i <= PREFLIGHT_PARAMS_MAX; i++)
        raw_param(&pairs, "", "");
    raw_begin(&out, 1, 1, true);
    raw_params(&out, 1, &pairs);
    expect(&out, PREFLIGHT_TOO_LARGE);
    buf_finish(&pairs);
}

static void test_between_params(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    raw_begin(&out, 1, 1, true);
    raw_record(&out, 4, 1, "\x01\x01", 2, 0); /* ends inside of a pair */
    raw_record(&out, 4, 1, NULL, 0, 0);
    expect(&out, PREFLIGHT_CLOSE);
    raw_begin(&out, 1, 1, true);
    raw_record(&out, 9, 0, NULL, 0, 0); /* libfcgi would answer, past its buffer */
    expect(&out, PREFLIGHT_CLOSE);
    raw_begin(&out, 1, 1, true);
    raw_record(&out, 5, 2, NULL, 0, 0); /* libfcgi would swallow what comes next */
    expect(&out, PREFLIGHT_CLOSE);
    raw_begin(&out, 1, 1, true);
    raw_begin(&out, 2, 1, true); /* multiplexing: libfcgi says that it cannot */
    raw_record(&out, 4, 1, NULL, 0, 0);
    expect(&out, PREFLIGHT_GO);
    raw_begin(&out, 1, 1, true);
    raw_record(&out, 5, 1, "body before its parameters end", 30, 0);
    expect(&out, PREFLIGHT_CLOSE);
}

static void test_management(void **state)
{
    (void)state;
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    for (int i = 0; i < 12; i++)
        raw_param(&pairs, i % 2 == 0 ? "FCGI_MAX_CONNS" : "FCGI_MPXS_CONNS", "");
    raw_param(&pairs, "FCGI_ELSE", "x");
    raw_record(&out, 9, 0, pairs.data, pairs.length, 5);
    struct preflight seen = check(&out);
    assert_int_equal(seen.verdict, PREFLIGHT_VALUES);
    assert_int_equal(seen.values, PREFLIGHT_MAX_CONNS | PREFLIGHT_MPXS_CONNS);
    assert_int_equal(seen.consume, out.length);
    out.length--;
    assert_int_equal(check(&out).verdict, PREFLIGHT_MORE);
    buf_finish(&out);
    raw_record(&out, 9, 0,
               "\x05\x05"
               "abc",
               5, 0); /* names beyond the record */
    expect(&out, PREFLIGHT_CLOSE);
    raw_record(&out, 99, 0, "abc", 3, 0);
    assert_int_equal(check(&out).type, 99);
    expect(&out, PREFLIGHT_UNKNOWN);
    buf_finish(&pairs);
}

static size_t body_length(struct buf *pairs, bool cut)
{
    struct buf out = BUF_INIT;
    raw_begin(&out, 1, 1, true);
    if (cut) { /* in the middle of the first pair */
        raw_record(&out, 4, 1, pairs->data, 5, 0);
        raw_record(&out, 4, 1, pairs->data + 5, pairs->length - 5, 0);
    } else {
        raw_record(&out, 4, 1, pairs->data, pairs->length, 0);
    }
    raw_record(&out, 4, 1, NULL, 0, 0);
    size_t found = preflight_body_length((const unsigned char *)out.data, out.length);
    for (size_t size = 0; size < 40; size++) /* no more is read than there is */
        assert_int_equal(preflight_body_length((const unsigned char *)out.data, size), 0);
    buf_finish(&out);
    buf_finish(pairs);
    return found;
}

static void test_body_length(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        size_t length;
    } cases[] = {
        {"0", 0},
        {"123456", 123456},
        {"", 0},
        {"-1", 0},
        {"12a", 0},
        {"1000000000000000000", 0},
        {"999999999999999999", 999999999999999999},
    };
    struct buf pairs = BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        raw_param(&pairs, "HTTP_CONTENT_LENGTH", "7");
        raw_param(&pairs, "QUERY_STRING", "CONTENT_LENGTH");
        raw_param(&pairs, "CONTENT_LENGTH", cases[i].value);
        raw_param(&pairs, "CONTENT_LENGTH", "9");
        assert_int_equal(body_length(&pairs, false), cases[i].length);
    }
    raw_param(&pairs, "CONTENT_LENGTH", "123456");
    assert_int_equal(body_length(&pairs, true), 0); /* not at a glance */
    buf_put(&pairs, "\xff\xff\xff\xff\x80\0\0\x09REQUEST", 15);
    assert_int_equal(body_length(&pairs, false), 0);
    raw_param(&pairs, "REQUEST_METHOD", "GET");
    assert_int_equal(body_length(&pairs, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_no_request),
        cmocka_unit_test(test_roles),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_body_length),  cmocka_unit_test(test_between_params),
        cmocka_unit_test(test_management),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
