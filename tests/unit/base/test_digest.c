#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"

/* NIST FIPS 180-2, appendix B. */
static void test_known_digests(void **state)
{
    (void)state;
    char text[DIGEST_TEXT_SIZE];
    assert_true(digest_sha256("abc", 3, text, NULL));
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(digest_sha256(NULL, 0, text, NULL));
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_true(digest_sha256(two_blocks, sizeof two_blocks - 1, text, NULL));
    assert_string_equal(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void check_pieces(enum digest_type type, size_t size, const char *hex)
{
    unsigned char bytes[DIGEST_SIZE_MAX];
    unsigned char back[DIGEST_SIZE_MAX];
    char text[2 * DIGEST_SIZE_MAX + 1];
    struct digest *digest = digest_create(type);
    assert_non_null(digest);
    digest_update(digest, "a", 1);
    digest_update(digest, "bc", 2);
    assert_int_equal(digest_end(digest, bytes), size);
    digest_hex(bytes, size, text);
    assert_string_equal(text, hex);
    assert_true(digest_from_hex(text, 2 * size, back, size));
    assert_memory_equal(bytes, back, size);
}

/* Of "abc": FIPS 180-2, RFC 1321, RFC 3174, RFC 7693. */
static void test_pieces(void **state)
{
    (void)state;
    check_pieces(DIGEST_SHA256, 32,
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_pieces(DIGEST_MD5, 16, "900150983cd24fb0d6963f7d28e17f72");
    check_pieces(DIGEST_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_pieces(DIGEST_BLAKE2B, 64,
                 "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

static void test_hex_refused(void **state)
{
    (void)state;
    unsigned char bytes[2];
    assert_false(digest_from_hex("00", 2, bytes, 2));
    assert_false(digest_from_hex("00g0", 4, bytes, 2));
    assert_false(digest_from_hex("00000", 5, bytes, 2));
    assert_true(digest_from_hex("00fF", 4, bytes, 2));
    digest_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_digests),
                                       cmocka_unit_test(test_pieces),
                                       cmocka_unit_test(test_hex_refused)};
    return cmocka_run_group_tests_name("base/digest", tests, NULL, NULL);
}
