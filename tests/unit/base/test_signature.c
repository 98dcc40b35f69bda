#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/signature.h"

/* Made for this test with minisign and openssl; they guard nothing. */
static const char minisign_key[] = "untrusted comment: minisign public key 883383F6459875FC\n"
                                   "RWT8dZhF9oMziGfX/xOtUyjycgHCNi/RySLw+bV0FyvBraIh9n7sghml\n";
static const char prehashed[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUT8dZhF9oMziBuCrAmgkASKOwxoB1oApkSu71y4OTiI3fwJqSdgsZKCLIk2s4KNeRejqTHsmQYKJ7Qk7YPX+"
    "lhHgKMmgigJXAc=\n"
    "trusted comment: a comment\n"
    "bACwmY29RdC9vefHtEhYa9axIubKKbVo2DMSGpUCFXMwct3PafQa2E5gLdLO3LBnnwZz2RfyggUYpwlI2ityCw==\n";
static const char direct[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWT8dZhF9oMziOKaRdh37GdBR2v/ThhUCBGY8awqugyndr8y8uFloCLWZaFFUK0hiV9cJDYBo2JWSMOSn7Rs/"
    "zgRdljIvXqhzg4=\n"
    "trusted comment: old\n"
    "3c4QauwqReyugTsyvHUlOSOZuPQ+Kwnx5OngiqZbaYoewhx8iBTHxdz3rT3tbknha27lOtOtqCT9KTdmRxaXCA==\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MCowBQYDK2VwAyEAw/2kdfXCcYpl2SKuQPiZZT9QEPaGv/aq39ZH27R4vW4=\n"
                                 "-----END PUBLIC KEY-----\n";
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1w1ni3VfeFpxE5c+rUfd9ceepS+nazZkO6jDKYNDd1\n"
    "-----END PRIVATE KEY-----\n";
static const unsigned char plain[64] = {
    0x27, 0x58, 0x67, 0xa6, 0x6f, 0x6b, 0x4b, 0x32, 0xef, 0xe8, 0xe8, 0x9d, 0xcc, 0xff, 0x82, 0xf8,
    0xa3, 0xc6, 0x19, 0x4d, 0x8a, 0x3a, 0x57, 0x7b, 0x0e, 0x11, 0xe0, 0xed, 0xb5, 0x9d, 0x31, 0x60,
    0x24, 0x40, 0xf7, 0x18, 0x34, 0x88, 0xb8, 0x25, 0x1a, 0x60, 0x05, 0x3a, 0x0f, 0x0f, 0x2d, 0x25,
    0x54, 0x2f, 0x72, 0xbe, 0x2a, 0x85, 0xc2, 0x30, 0xad, 0xc8, 0x4f, 0xfe, 0x7b, 0xa1, 0x97, 0x07};

static void read_keys(struct signature_key keys[2])
{
    assert_true(signature_key_read(public_pem, sizeof public_pem - 1, &keys[0], NULL));
    assert_true(signature_key_read(minisign_key, sizeof minisign_key - 1, &keys[1], NULL));
}

static bool verify(const char *data, const void *signature, size_t length)
{
    struct signature_key keys[2];
    read_keys(keys);
    return signature_verify(keys, 2, data, strlen(data), signature, length, NULL);
}

static void test_good(void **state)
{
    (void)state;
    assert_true(verify("hello\n", plain, sizeof plain));
    assert_true(verify("hello\n", prehashed, sizeof prehashed - 1));
    assert_true(verify("hello\n", direct, sizeof direct - 1));
}

static void test_other_bytes(void **state)
{
    (void)state;
    assert_false(verify("hello", plain, sizeof plain));
    assert_false(verify("hello", prehashed, sizeof prehashed - 1));
    assert_false(verify("", direct, sizeof direct - 1));
}

/* Each character of the lines that count, one after the other. */
static void test_tampered(void **state)
{
    (void)state;
    char text[sizeof prehashed];
    size_t begin = (size_t)(strchr(prehashed, '\n') + 1 - prehashed);
    for (size_t i = begin; i < sizeof prehashed - 1; i++) {
        memcpy(text, prehashed, sizeof text);
        if (text[i] == '\n' || text[i] == '=')
            continue;
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_false(verify("hello\n", text, sizeof text - 1));
    }
    for (size_t length = 0; length < sizeof prehashed - 2; length++)
        assert_false(length != 64 && verify("hello\n", prehashed, length));
}

static void test_other_key(void **state)
{
    (void)state;
    struct signature_key keys[2];
    read_keys(keys);
    assert_false(signature_verify(&keys[1], 1, "hello\n", 6, (const char *)plain, 64, NULL));
    assert_false(
        signature_verify(&keys[0], 1, "hello\n", 6, prehashed, sizeof prehashed - 1, NULL));
    assert_false(signature_verify(keys, 0, "hello\n", 6, (const char *)plain, 64, NULL));
}

static void test_make(void **state)
{
    (void)state;
    unsigned char signature[64];
    assert_true(signature_make(private_pem, sizeof private_pem - 1, "hello\n", 6, signature, NULL));
    assert_memory_equal(signature, plain, sizeof plain);
    assert_false(signature_make(public_pem, sizeof public_pem - 1, "a", 1, signature, NULL));
}

static void test_bad_keys(void **state)
{
    (void)state;
    struct signature_key key;
    static const char *const bad[] = {"", "\n", "RWT8dZhF", "-----BEGIN PUBLIC KEY-----\n",
                                      ("untrusted comment: x\nUUT8dZhF9oMziGfX/xOtUyjycgHCNi/"
                                       "RySLw+bV0FyvBraIh9n7sghml\n")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signature_key_read(bad[i], strlen(bad[i]), &key, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_other_bytes),
        cmocka_unit_test(test_tampered), cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_make),     cmocka_unit_test(test_bad_keys),
    };
    return cmocka_run_group_tests_name("base/signature", tests, NULL, NULL);
}
