#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/sigv4.h"

/* The requests that Amazon's documentation works out: "Signature Calculations for the Authorization
 * Header" of the S3 API, and "Signature Version 4 test suite" and the IAM example of the general
 * reference. */
#define MAY_24 INT64_C(1369353600)
#define AUGUST_30 INT64_C(1440938160)

static struct sigv4_request of_s3(const char *method, const char *path, const char *query)
{
    struct sigv4_request request = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                    .region = "us-east-1",
                                    .service = "s3",
                                    .time = MAY_24,
                                    .method = method,
                                    .path = path,
                                    .query = query,
                                    .payload = SIGV4_EMPTY};
    sigv4_add_header(&request, "x-amz-date", "20130524T000000Z");
    sigv4_add_header(&request, "host", "examplebucket.s3.amazonaws.com");
    return request;
}

static struct sigv4_request of_suite(const char *method, const char *path, const char *query)
{
    struct sigv4_request request = {.access_key = "AKIDEXAMPLE",
                                    .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                    .region = "us-east-1",
                                    .service = "service",
                                    .time = AUGUST_30,
                                    .method = method,
                                    .path = path,
                                    .query = query,
                                    .payload = SIGV4_EMPTY,
                                    .encode_path_twice = true};
    sigv4_add_header(&request, "x-amz-date", "20150830T123600Z");
    sigv4_add_header(&request, "host", "example.amazonaws.com");
    return request;
}

static void expect(struct sigv4_request *request, const char *headers, const char *signature)
{
    struct buf authorization = BUF_INIT, wanted = BUF_INIT;
    char date[SIGV4_DATE_SIZE];
    sigv4_format_date(request->time, date);
    buf_printf(&wanted,
               "AWS4-HMAC-SHA256 Credential=%s/%.8s/us-east-1/%s/aws4_request, "
               "SignedHeaders=%s, Signature=%s",
               request->access_key, date, request->service, headers, signature);
    assert_true(sigv4_sign(request, &authorization, NULL));
    assert_string_equal(buf_text(&authorization), buf_text(&wanted));
    buf_finish(&authorization);
    buf_finish(&wanted);
}

static void test_s3_get(void **state)
{
    (void)state;
    struct sigv4_request request = of_s3("GET", "/test.txt", "");
    sigv4_add_header(&request, "range", "bytes=0-9");
    sigv4_add_header(&request, "x-amz-content-sha256", SIGV4_EMPTY);
    expect(&request, "host;range;x-amz-content-sha256;x-amz-date",
           "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_s3_put(void **state)
{
    (void)state;
    static const char body[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    struct sigv4_request request = of_s3("PUT", "/test%24file.text", "");
    request.payload = body;
    sigv4_add_header(&request, "date", "Fri, 24 May 2013 00:00:00 GMT");
    sigv4_add_header(&request, "x-amz-storage-class", "REDUCED_REDUNDANCY");
    sigv4_add_header(&request, "x-amz-content-sha256", body);
    expect(&request, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
           "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void test_s3_queries(void **state)
{
    (void)state;
    struct sigv4_request lifecycle = of_s3("GET", "/", "lifecycle=");
    sigv4_add_header(&lifecycle, "x-amz-content-sha256", SIGV4_EMPTY);
    expect(&lifecycle, "host;x-amz-content-sha256;x-amz-date",
           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    struct sigv4_request list = of_s3("GET", "/", "max-keys=2&prefix=J");
    sigv4_add_header(&list, "x-amz-content-sha256", SIGV4_EMPTY);
    expect(&list, "host;x-amz-content-sha256;x-amz-date",
           "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_suite(void **state)
{
    (void)state;
    struct sigv4_request vanilla = of_suite("GET", "/", "");
    expect(&vanilla, "host;x-amz-date",
           "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    struct sigv4_request query = of_suite("GET", "/", "Param1=value1&Param2=value2");
    expect(&query, "host;x-amz-date",
           "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    struct sigv4_request post = of_suite("POST", "/", "");
    expect(&post, "host;x-amz-date",
           "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    struct sigv4_request trimmed = of_suite("GET", "/", "");
    sigv4_add_header(&trimmed, "my-header1", " value1");
    sigv4_add_header(&trimmed, "my-header2", " \"a   b   c\"");
    expect(&trimmed, "host;my-header1;my-header2;x-amz-date",
           "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

static void test_iam(void **state)
{
    (void)state;
    struct sigv4_request request = of_suite("GET", "/", "Action=ListUsers&Version=2010-05-08");
    request.service = "iam";
    request.headers[1].value = "iam.amazonaws.com";
    sigv4_add_header(&request, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
    expect(&request, "content-type;host;x-amz-date",
           "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void test_refusals(void **state)
{
    (void)state;
    struct sigv4_request request = of_s3("GET", "/", "");
    struct buf authorization = BUF_INIT;
    struct err err = ERR_INIT;
    for (int i = 0; i < SIGV4_HEADERS_MAX; i++)
        sigv4_add_header(&request, "x-amz-meta-a", "b");
    assert_false(sigv4_sign(&request, &authorization, &err));
    assert_string_equal(err.text, "a request to sign has more than 16 headers");
    request = of_s3("GET", "/", "");
    request.time = INT64_MAX;
    assert_false(sigv4_sign(&request, &authorization, &err));
    assert_string_equal(err.text, "the time to sign for has no date");
    assert_int_equal(authorization.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3_get),     cmocka_unit_test(test_s3_put),
        cmocka_unit_test(test_s3_queries), cmocka_unit_test(test_suite),
        cmocka_unit_test(test_iam),        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests_name("sync/sigv4", tests, NULL, NULL);
}
