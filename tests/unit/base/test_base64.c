#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

/* RFC 4648, section 10. */
static const char *const vectors[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct buf out = BUF_INIT;
        char back[16];
        size_t size;
        base64_encode(&out, vectors[i][0], strlen(vectors[i][0]));
        assert_string_equal(buf_text(&out), vectors[i][1]);
        assert_true(base64_decode(out.data, out.length, back, sizeof back, &size));
        assert_int_equal(size, strlen(vectors[i][0]));
        assert_memory_equal(back, vectors[i][0], size);
        buf_finish(&out);
    }
}

static void test_url_alphabet(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    base64_encode_url(&out, "\xfb\xff\xfe\x01", 4);
    assert_string_equal(buf_text(&out), "-__-AQ");
    buf_finish(&out);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Zg=",  "Zg",   "Zh==",     "Zm9=", "Z===", "====", "Zm9v\n",
        "Zm-v", "Zm_v", "Zg==Zg==", "=m9v", "Z=9v", "Zm v"};
    char back[16];
    size_t size;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(base64_decode(texts[i], strlen(texts[i]), back, sizeof back, &size));
    assert_false(base64_decode("Zm\0v", 4, back, sizeof back, &size));
    assert_false(base64_decode("Zm9vYmFy", 8, back, 5, &size));
    assert_true(base64_decode("Zm9vYmFy", 8, back, 6, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_url_alphabet),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
