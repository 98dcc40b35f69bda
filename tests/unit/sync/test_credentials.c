/* Credential files and the replies that bring keys and tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sync/aws_keys.h"
#include "sync/aws_profile.h"
#include "sync/azure_settings.h"
#include "sync/google_file.h"
#include "sync/origin.h"
#include "sync/token.h"

static const char profiles[] = "# mine\n"
                               "[default]\n"
                               "aws_access_key_id = AKIA1\r\n"
                               "aws_secret_access_key=a/b+c=d # not it\n"
                               "s3 =\n"
                               "  region = nested\n"
                               "[profile ops]\n"
                               "region = eu-west-1\n"
                               "region = eu-west-2\n"
                               "[ops]\n"
                               "region = plain\n"
                               "[profile broken]\n"
                               "region\n";

static void expect_setting(bool config, const char *profile, const char *key, const char *wanted)
{
    struct err err = ERR_INIT;
    char *value;
    if (!aws_profile_get(profiles, sizeof profiles - 1, config, profile, key, &value, &err))
        fail_msg("%s", err.text);
    if (wanted == NULL)
        assert_null(value);
    else
        assert_string_equal(value, wanted);
    free(value);
}

static void test_profiles(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *value;
    expect_setting(false, "default", "aws_access_key_id", "AKIA1");
    expect_setting(true, "default", "aws_secret_access_key", "a/b+c=d");
    expect_setting(true, "default", "s3", "");
    expect_setting(true, "default", "region", NULL);
    expect_setting(true, "ops", "region", "eu-west-2");
    expect_setting(false, "ops", "region", "plain");
    expect_setting(true, "nobody", "region", NULL);
    assert_true(aws_profile_has(profiles, sizeof profiles - 1, true, "ops"));
    assert_false(aws_profile_has(profiles, sizeof profiles - 1, true, "op"));
    assert_false(
        aws_profile_get(profiles, sizeof profiles - 1, true, "broken", "region", &value, &err));
    assert_string_equal(err.text, "line 13 is no \"name = value\"");
    assert_false(aws_profile_get("[a\0]", 4, true, "a", "region", &value, &err));
}

static void test_aws_keys(void **state)
{
    (void)state;
    static const char json[] = "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                               "\"Expiration\":\"2026-03-01T12:00:00Z\"}";
    static const char xml[] = "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S"
                              "</SecretAccessKey><SessionToken>T</SessionToken><Expiration>"
                              "2026-03-01T13:00:00.5+01:00</Expiration></Credentials></R>";
    struct aws_keys keys = {.access_key = NULL};
    struct err err = ERR_INIT;
    assert_true(aws_keys_read_json(json, sizeof json - 1, &keys, &err));
    assert_int_equal(keys.expires, 1772366400);
    assert_string_equal(keys.token, "T");
    assert_true(aws_keys_read_xml(xml, sizeof xml - 1, &keys, &err));
    assert_string_equal(keys.secret_key, "S");
    assert_int_equal(keys.expires, 1772366400);
    aws_keys_finish(&keys);
    assert_false(aws_keys_read_json("{\"AccessKeyId\":\"A\"}", 19, &keys, &err));
    assert_string_equal(err.text, "there are no AWS keys in what it says");
    assert_false(aws_keys_read_json("[]", 2, &keys, &err));
    assert_false(aws_keys_set(&keys, "A\nB", "S", NULL, 0, &err));
    assert_string_equal(err.text, "the AWS keys have blanks, or are empty or too long");
    assert_null(keys.access_key);
}

static bool take_token(const char *text, struct token *token)
{
    return token_read(text, strlen(text), 1000, token, NULL);
}

static void test_tokens(void **state)
{
    (void)state;
    static const char *const bad[] = {"[]",
                                      "{}",
                                      "{\"access_token\":\"a b\",\"expires_in\":1}",
                                      "{\"access_token\":\"a\"}",
                                      "{\"access_token\":\"\",\"expires_in\":1}",
                                      "{\"access_token\":7,\"expires_in\":1}",
                                      "{\"access_token\":\"a\",\"expires_in\":-1}",
                                      "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}",
                                      "{\"access_token\":\"a\\u0000b\",\"expires_in\":1}"};
    struct token token = {.text = NULL};
    struct err err = ERR_INIT;
    assert_true(token_is_due(&token, 1000));
    assert_true(take_token("{\"access_token\":\"a\",\"expires_in\":3600}", &token));
    assert_int_equal(token.expires, 4600);
    assert_false(token_is_due(&token, 4299));
    assert_true(token_is_due(&token, 4300));
    token.asked = 4300; /* in vain: not again at once, as long as it is good */
    assert_false(token_is_due(&token, 4310));
    assert_true(token_is_due(&token, 4315));
    assert_true(token_is_due(&token, 4600));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(take_token(bad[i], &token));
    assert_string_equal(token.text, "a");
    assert_true(take_token("{\"access_token\":\"b\",\"expires_on\":\"5000\"}", &token));
    assert_int_equal(token.expires, 5000);
    static const char inner[] = "{\"accessToken\":\"c\",\"expireTime\":\"1970-01-01T00:00:09Z\"}";
    assert_true(token_read_impersonated(inner, sizeof inner - 1, &token, &err));
    assert_int_equal(token.expires, 9);
    assert_false(token_read_impersonated("{\"accessToken\":\"c\"}", 19, &token, &err));
    token_finish(&token);
}

#define ACCOUNT "\"type\":\"service_account\",\"client_email\":\"a@b\",\"private_key\":\"k\","
#define EXTERNAL                                                                           \
    "\"type\":\"external_account\",\"audience\":\"//iam\",\"subject_token_type\":\"jwt\"," \
    "\"credential_source\":"

static void accept(const char *text, struct google_file *file)
{
    struct err err = ERR_INIT;
    if (!google_file_read(text, strlen(text), file, &err))
        fail_msg("%s", err.text);
}

static void test_google_files(void **state)
{
    (void)state;
    struct google_file file;
    accept("{" ACCOUNT "\"token_uri\":\"http://127.0.0.1:80/t\"}", &file);
    assert_int_equal(file.kind, GOOGLE_SERVICE_ACCOUNT);
    assert_string_equal(file.token_url, "http://127.0.0.1:80/t");
    google_file_finish(&file);
    accept("{\"type\":\"authorized_user\",\"client_id\":\"i\",\"client_secret\":\"s\","
           "\"refresh_token\":\"r\"}",
           &file);
    assert_string_equal(file.token_url, "https://oauth2.googleapis.com/token");
    google_file_finish(&file);
    accept("{" EXTERNAL "{\"url\":\"http://169.254.170.2/x\",\"headers\":{\"A\":\"b\"},"
           "\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"id\"}}}",
           &file);
    assert_string_equal(file.subject_member, "id");
    assert_string_equal(file.header_values[0], "b");
    google_file_finish(&file);
    accept("{\"type\":\"impersonated_service_account\",\"service_account_impersonation_url\":"
           "\"https://iam/x\",\"source_credentials\":{" ACCOUNT "\"private_key_id\":null}}",
           &file);
    assert_string_equal(file.impersonation_url, "https://iam/x");
    google_file_finish(&file);
}

static void test_google_refusals(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"7", "the credentials are no JSON object"},
        {"{}", "type is no text"},
        {"{\"type\":\"service_account\"}", "client_email is no text"},
        {"{" ACCOUNT "\"token_uri\":\"http://example.com/\"}", "token_uri is no https address"},
        {"{" ACCOUNT "\"token_uri\":\"http://127.0.0.1.example.com/\"}",
         "token_uri is no https address"},
        {"{" ACCOUNT "\"token_uri\":\"https://a@example.com/\"}", "token_uri is no https address"},
        {"{" EXTERNAL "{}}",
         "credential_source is no file and no url: other kinds are not done here"},
        {"{" EXTERNAL "{\"file\":\"/a\",\"url\":\"https://b\"}}",
         "credential_source is no file and no url: other kinds are not done here"},
        {"{" EXTERNAL "{\"url\":\"https://b\",\"headers\":{\"a:b\":\"c\"}}}",
         "credential_source has a header that is none"},
        {"{\"type\":\"impersonated_service_account\"}", "source_credentials is no object"},
    };
    struct google_file file;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = ERR_INIT;
        assert_false(google_file_read(cases[i][0], strlen(cases[i][0]), &file, &err));
        assert_string_equal(err.text, cases[i][1]);
    }
}

static void test_may_ask(void **state)
{
    (void)state;
    static const char *const yes[] = {"https://a.example/x",      "http://127.0.0.1:8080/x",
                                      "http://127.9.9.9/",        "http://localhost:1/",
                                      "http://[::1]:8080/",       "http://169.254.170.23/v1",
                                      "http://[fd00:ec2::23]/v1", "http://169.254.170.2/x"};
    static const char *const no[] = {"http://a.example/",
                                     "http://127.0.0.1.example/",
                                     "http://localhost.example/",
                                     "http://169.254.170.22/",
                                     "http://127.0.0.1@example.com/",
                                     "ftp://127.0.0.1/",
                                     "127.0.0.1",
                                     "http://[::1].example/"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(origin_may_have_secrets(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(origin_may_have_secrets(no[i]));
}

static void test_azure_settings(void **state)
{
    (void)state;
    struct azure_settings settings = {.account = NULL};
    struct err err = ERR_INIT;
    assert_true(azure_settings_read_connection(
        "DefaultEndpointsProtocol=http;AccountName=dev;AccountKey=a2V5==;EndpointSuffix=local",
        &settings, &err));
    assert_string_equal(settings.endpoint, "http://dev.blob.local");
    assert_string_equal(settings.key, "a2V5==");
    azure_settings_finish(&settings);
    assert_true(azure_settings_read_connection(
        "BlobEndpoint=http://127.0.0.1:1/dev;;Other=1;SharedAccessSignature=sv=1&sig=x;", &settings,
        &err));
    assert_string_equal(settings.sas, "sv=1&sig=x");
    assert_string_equal(settings.endpoint, "http://127.0.0.1:1/dev");
    azure_settings_finish(&settings);
    assert_false(azure_settings_read_connection("AccountName", &settings, &err));
    assert_string_equal(err.text, "the connection string has a part without '='");
    assert_false(azure_settings_read_connection("AccountName=", &settings, &err));
    assert_false(azure_settings_read_connection("AccountName=a b", &settings, &err));
    assert_string_equal(err.text, "the connection string: AccountName is empty or has blanks");
    azure_settings_finish(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles),        cmocka_unit_test(test_aws_keys),
        cmocka_unit_test(test_tokens),          cmocka_unit_test(test_google_files),
        cmocka_unit_test(test_google_refusals), cmocka_unit_test(test_may_ask),
        cmocka_unit_test(test_azure_settings),
    };
    return cmocka_run_group_tests_name("sync/credentials", tests, NULL, NULL);
}
