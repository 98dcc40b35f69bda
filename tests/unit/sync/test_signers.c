/* Queries, Azure's shared key, Google's statements, addresses and times. */
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

#include "sync/jwt.h"
#include "sync/query.h"
#include "sync/s3_address.h"
#include "sync/shared_key.h"
#include "sync/timestamp.h"

static void test_query_order(void **state)
{
    (void)state;
    struct query query = {.count = 0};
    struct buf out = BUF_INIT;
    query_add(&query, "prefix", "a b/\xc3\xa9+");
    query_add(&query, "a-b", "");
    query_add(&query, "a", "2");
    query_add(&query, "a", "1");
    query_add(&query, "a\xff", "0"); /* %FF comes before - */
    query_write(&query, &out);
    assert_string_equal(buf_text(&out), "a=1&a=2&a%FF=0&a-b=&prefix=a%20b%2F%C3%A9%2B");
    buf_reset(&out, SIZE_MAX);
    for (int i = 0; i < QUERY_ITEMS_MAX; i++)
        query_add(&query, "x", "y");
    query_write(&query, &out);
    assert_true(out.failed);
    buf_finish(&out);
}

/* The layout is that of "Authorize with Shared Key"; the signature of the emulator's public key was
 * computed with Python's hmac. */
static void test_shared_key(void **state)
{
    (void)state;
    static const char key[] = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
                              "K1SZFPTOtr/KBHBeksoGMGw==";
    struct request request = REQUEST_INIT;
    struct buf text = BUF_INIT, authorization = BUF_INIT;
    assert_true(request_set(&request, "GET",
                            "http://127.0.0.1:1/dev/c?comp=list&prefix=a%2Fb&restype=container",
                            NULL));
    assert_true(request_add_header(&request, "x-ms-version", "2021-12-02", NULL));
    assert_true(request_add_header(&request, "If-Match", "\"1\"", NULL));
    assert_true(request_add_header(&request, "X-Ms-Date", "Sun, 06 Nov 1994 08:49:37 GMT", NULL));
    assert_true(request_add_header(&request, "Range", "bytes=5-9", NULL));
    assert_true(shared_key_write_text(&request, "dev", &text, NULL));
    assert_string_equal(buf_text(&text),
                        "GET\n\n\n\n\n\n\n\n\"1\"\n\n\nbytes=5-9\n"
                        "x-ms-date:Sun, 06 Nov 1994 08:49:37 GMT\nx-ms-version:2021-12-02\n"
                        "/dev/dev/c\ncomp:list\nprefix:a/b\nrestype:container");
    assert_true(shared_key_sign(&request, "dev", key, &authorization, NULL));
    assert_string_equal(buf_text(&authorization),
                        "SharedKey dev:uLpgvsAMv9HK0di3w7GThdgI0bkcFKdJ2qNqlczydwg=");
    assert_false(shared_key_sign(&request, "dev", "no base64", &authorization, NULL));
    request_finish(&request);
    buf_finish(&text);
    buf_finish(&authorization);
}

static void test_statement(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    struct buf out = BUF_INIT;
    char *pem;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    BIO_write(bio, "", 1);
    BIO_get_mem_data(bio, &pem);
    const struct jwt_claims claims = {"a@b", "s", "https://t", "k1", 1000};
    assert_true(jwt_write_signed(&claims, pem, &out, NULL));
    const char *text = buf_text(&out);
    /* {"alg":"RS256","typ":"JWT","kid":"k1"} and {"iat":970,"exp":4570,"iss":"a@b",... */
    static const char start[] = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0."
                                "eyJpYXQiOjk3MCwiZXhwIjo0NTcwLCJpc3MiOiJhQGIiLCJzY29wZSI6InMi"
                                "LCJhdWQiOiJodHRwczovL3QifQ.";
    assert_memory_equal(text, start, sizeof start - 1);
    assert_int_equal(strlen(text) - (sizeof start - 1), 342); /* 256 bytes */
    BIO_free(bio);
    EVP_PKEY_free(key);
    buf_finish(&out);
}

static void expect_address(const char *endpoint, const char *bucket, const char *region,
                           bool path_style, const char *wanted)
{
    struct buf template = BUF_INIT, out = BUF_INIT;
    s3_address_write_template(endpoint, bucket, region, path_style, &template);
    s3_address_write(buf_text(&template), bucket, region, &out);
    assert_string_equal(buf_text(&out), wanted);
    buf_finish(&template);
    buf_finish(&out);
}

static void test_addresses(void **state)
{
    (void)state;
    expect_address("", "models", "eu-west-1", false, "https://models.s3.eu-west-1.amazonaws.com");
    expect_address("", "my.models", "eu-west-1", false,
                   "https://s3.eu-west-1.amazonaws.com/my.models");
    expect_address("", "models", "", true, "https://s3.amazonaws.com/models");
    expect_address("", "models", "cn-north-1", false,
                   "https://models.s3.cn-north-1.amazonaws.com.cn");
    expect_address("http://127.0.0.1:9/", "models", "r", false, "http://127.0.0.1:9/models");
    expect_address("http://{bucket}.localhost:9", "models", "r", false,
                   "http://models.localhost:9");
    expect_address("minio.local/{region}", "m", "r", false, "https://minio.local/r/m");
}

static void test_times(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-03-01",
                                      "2026-03-01T12:00:00",
                                      "2026-13-01T12:00:00Z",
                                      "2026-03-01T12:00:00+1",
                                      "2026-03-01T12:00:00.5x",
                                      "2026-03-01 12:00:00Z",
                                      "x026-03-01T12:00:00Z"};
    int64_t seconds;
    char text[TIMESTAMP_HTTP_SIZE];
    assert_true(timestamp_read_rfc3339("2026-03-01T12:00:00.123-01:30", &seconds));
    assert_int_equal(seconds, 1772371800);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(timestamp_read_rfc3339(bad[i], &seconds));
    assert_true(timestamp_read_http("Sun, 06 Nov 1994 08:49:37 GMT", &seconds));
    assert_int_equal(seconds, 784111777);
    timestamp_write_http(seconds, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_false(timestamp_read_http("Sun, 06 Abc 1994 08:49:37 GMT", &seconds));
    assert_false(timestamp_read_http("Sunday, 06-Nov-94 08:49:37 GMT", &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_order), cmocka_unit_test(test_shared_key),
        cmocka_unit_test(test_statement),   cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests_name("sync/signers", tests, NULL, NULL);
}
