/* What zlib does with a body, and what it is not allowed to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/compress.h"

#define LARGE ((size_t)3 * 1000 * 1000)

/* "omen" by Python's gzip, and the bare deflate in it. */
static const unsigned char gzip_omen[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                          0x02, 0x03, 0xcb, 0xcf, 0x4d, 0xcd, 0x03, 0x00,
                                          0x87, 0xb3, 0x8e, 0xb0, 0x04, 0x00, 0x00, 0x00};
static const unsigned char bare_omen[] = {0xcb, 0xcf, 0x4d, 0xcd, 0x03, 0x00};

static bool unpack(enum compress_coding coding, const void *data, size_t length, size_t limit,
                   struct buf *out, enum err_code *code)
{
    struct err err = ERR_INIT;
    bool ok = compress_unpack(coding, data, length, limit, out, &err);
    *code = err.code;
    return ok;
}

static void assert_refused(enum compress_coding coding, const void *data, size_t length,
                           size_t limit, enum err_code expected)
{
    struct buf out = BUF_INIT;
    enum err_code code;
    assert_false(unpack(coding, data, length, limit, &out, &code));
    assert_int_equal(code, expected);
    buf_finish(&out);
}

static void assert_omen(enum compress_coding coding, const void *data, size_t length)
{
    struct buf out = BUF_INIT;
    enum err_code code;
    assert_true(unpack(coding, data, length, 4, &out, &code));
    assert_string_equal(buf_text(&out), "omen");
    buf_finish(&out);
}

static void others_packages_are_unpacked(void **state)
{
    (void)state;
    assert_omen(COMPRESS_GZIP, gzip_omen, sizeof gzip_omen);
    assert_omen(COMPRESS_DEFLATE, bare_omen, sizeof bare_omen);
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    char *text = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        text[i] = (char)('a' + (i * i >> 3) % 26);
    for (int coding = COMPRESS_GZIP; coding <= COMPRESS_DEFLATE; coding++) {
        for (size_t length = 0; length <= LARGE; length = length * 7 + 1) {
            struct buf packed = BUF_INIT, out = BUF_INIT;
            struct err err = ERR_INIT;
            enum err_code code;
            assert_true(compress_pack(coding, text, length, &packed, &err));
            assert_true(unpack(coding, packed.data, packed.length, length, &out, &code));
            assert_int_equal(out.length, length);
            assert_memory_equal(out.data, text, length);
            if (length > 0)
                assert_refused(coding, packed.data, packed.length, length - 1, ERR_LIMIT);
            buf_finish(&packed);
            buf_finish(&out);
        }
    }
    free(text);
}

static void members_in_a_row_are_one_text(void **state)
{
    (void)state;
    unsigned char two[2 * sizeof gzip_omen];
    struct buf out = BUF_INIT;
    enum err_code code;
    memcpy(two, gzip_omen, sizeof gzip_omen);
    memcpy(two + sizeof gzip_omen, gzip_omen, sizeof gzip_omen);
    assert_true(unpack(COMPRESS_GZIP, two, sizeof two, 8, &out, &code));
    assert_string_equal(buf_text(&out), "omenomen");
    buf_finish(&out);
    assert_refused(COMPRESS_GZIP, two, sizeof two, 7, ERR_LIMIT);
}

static void damage_is_seen(void **state)
{
    (void)state;
    unsigned char data[sizeof gzip_omen + 1];
    for (size_t length = 0; length < sizeof gzip_omen; length++)
        assert_refused(COMPRESS_GZIP, gzip_omen, length, 100, ERR_INVALID);
    memcpy(data, gzip_omen, sizeof gzip_omen);
    data[sizeof gzip_omen] = 'x';
    assert_refused(COMPRESS_GZIP, data, sizeof data, 100, ERR_INVALID);
    data[17] ^= 1; /* of the checksum */
    assert_refused(COMPRESS_GZIP, data, sizeof gzip_omen, 100, ERR_INVALID);
    memcpy(data, bare_omen, sizeof bare_omen);
    data[sizeof bare_omen] = 0;
    assert_refused(COMPRESS_DEFLATE, data, sizeof bare_omen + 1, 100, ERR_INVALID);
    assert_refused(COMPRESS_DEFLATE, "not packed at all", 17, 100, ERR_INVALID);
}

/* A thousand times what came in: the limit is what counts, in memory too. */
static void a_bomb_costs_no_more_than_the_limit(void **state)
{
    (void)state;
    char *zeros = calloc(LARGE, 1);
    struct buf packed = BUF_INIT, out = BUF_INIT;
    struct err err = ERR_INIT;
    enum err_code code;
    assert_true(compress_pack(COMPRESS_GZIP, zeros, LARGE, &packed, &err));
    assert_true(packed.length < LARGE / 100);
    assert_false(unpack(COMPRESS_GZIP, packed.data, packed.length, 100000, &out, &code));
    assert_int_equal(code, ERR_LIMIT);
    assert_true(out.capacity <= 4 * 100000);
    free(zeros);
    buf_finish(&packed);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_packages_are_unpacked),
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(members_in_a_row_are_one_text),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(a_bomb_costs_no_more_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
