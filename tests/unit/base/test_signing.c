#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/signing.h"

/* RFC 4231, test cases 2 and 6. */
static void test_hmac(void **state)
{
    (void)state;
    static const unsigned char short_key[] =
        "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
        "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43";
    static const unsigned char long_key[] =
        "\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"
        "\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04\x0f\x0e\xe3\x7f\x54";
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    unsigned char key[131], mac[SIGNING_HMAC_SIZE];
    memset(key, 0xaa, sizeof key);
    assert_true(signing_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac, NULL));
    assert_memory_equal(mac, short_key, sizeof mac);
    assert_true(signing_hmac_sha256(key, sizeof key, text, sizeof text - 1, mac, NULL));
    assert_memory_equal(mac, long_key, sizeof mac);
}

static EVP_PKEY *make_pem(EVP_PKEY *key, struct buf *pem, const char *phrase)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(key);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, phrase != NULL ? EVP_aes_128_cbc() : NULL,
                                              (const unsigned char *)phrase,
                                              phrase != NULL ? (int)strlen(phrase) : 0, NULL, NULL),
                     1);
    long length = BIO_get_mem_data(bio, &text);
    buf_put(pem, text, (size_t)length);
    BIO_free(bio);
    return key;
}

static void test_rsa(void **state)
{
    (void)state;
    struct buf pem = BUF_INIT, signature = BUF_INIT;
    struct err err = ERR_INIT;
    EVP_PKEY *key = make_pem(EVP_RSA_gen(2048), &pem, NULL);
    assert_true(signing_rsa_sha256(pem.data, pem.length, "text", 4, &signature, &err));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(context, (const unsigned char *)signature.data,
                                      signature.length, (const unsigned char *)"text", 4),
                     1);
    assert_int_not_equal(EVP_DigestVerify(context, (const unsigned char *)signature.data,
                                          signature.length, (const unsigned char *)"tex", 3),
                         1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    buf_finish(&pem);
    buf_finish(&signature);
}

static void refuse(const char *pem, size_t length, const char *sentence)
{
    struct buf signature = BUF_INIT;
    struct err err = ERR_INIT;
    assert_false(signing_rsa_sha256(pem, length, "text", 4, &signature, &err));
    assert_string_equal(err.text, sentence);
    assert_int_equal(signature.length, 0);
    buf_finish(&signature);
}

static void test_rsa_refusals(void **state)
{
    (void)state;
    struct buf curve = BUF_INIT, locked = BUF_INIT, weak = BUF_INIT;
    EVP_PKEY_free(make_pem(EVP_EC_gen("P-256"), &curve, NULL));
    EVP_PKEY_free(make_pem(EVP_RSA_gen(1024), &locked, "secret"));
    EVP_PKEY_free(make_pem(EVP_RSA_gen(512), &weak, NULL));
    refuse("", 0, "the private key is no unencrypted PEM key");
    refuse("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 58,
           "the private key is no unencrypted PEM key");
    refuse(curve.data, curve.length, "the private key is no RSA key");
    refuse(locked.data, locked.length, "the private key is no unencrypted PEM key");
    refuse(weak.data, weak.length, "the private key has 512 bits, not 1024 to 16384");
    buf_finish(&curve);
    buf_finish(&locked);
    buf_finish(&weak);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_rsa_refusals),
    };
    return cmocka_run_group_tests_name("base/signing", tests, NULL, NULL);
}
