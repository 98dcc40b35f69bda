#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "server/intake.h"

static struct arena arena;
static struct http_request request;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 64 * 1024);
    request = (struct http_request){.arena = &arena};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_finish(&arena);
    return 0;
}

static struct intake fill(const char *const *params)
{
    return intake_fill(&request, (char **)(uintptr_t)params);
}

static void test_all(void **state)
{
    (void)state;
    const char *const params[] = {
        "FCGI_ROLE=RESPONDER", "REQUEST_METHOD=POST",  "REQUEST_URI=/predict/a%20b?x=%31",
        "SCRIPT_NAME=/other",  "QUERY_STRING=x=1",     "CONTENT_TYPE=Text/CSV; x",
        "CONTENT_LENGTH=12",   "REMOTE_ADDR=10.0.0.1", "REQUEST_ID=a-B.9:_",
        "HTTP_ACCEPT=*/*",     "REQUEST_METHOD=GET",   NULL};
    struct intake intake = fill(params);
    assert_int_equal(intake.status, 0);
    assert_int_equal(intake.content_length, 12);
    assert_int_equal(request.method, HTTP_POST); /* the first of two */
    assert_string_equal(request.path, "/predict/a b");
    assert_int_equal(request.path_length, 12);
    assert_string_equal(request.query, "x=1");
    assert_string_equal(request.content_type, "text/csv");
    assert_string_equal(request.remote, "10.0.0.1");
    assert_string_equal(request.id, "a-B.9:_");
    assert_string_equal(intake_param((char **)(uintptr_t)params, "HTTP_ACCEPT"), "*/*");
    assert_null(intake_param((char **)(uintptr_t)params, "HTTP_ACCEP"));
}

static void test_cgi(void **state)
{
    (void)state;
    const char *const params[] = {"REQUEST_METHOD=GET", "SCRIPT_NAME=/a%41", "PATH_INFO=/b", NULL};
    struct intake intake = fill(params);
    assert_int_equal(intake.status, 0);
    assert_int_equal(intake.content_length, -1);
    assert_string_equal(request.path, "/a%41/b"); /* decoded by the web server already */
    assert_string_equal(request.query, "");
    assert_string_equal(request.content_type, "");
    assert_null(request.id);
    const char *const uri_only[] = {"REQUEST_URI=/a?b=c", NULL};
    fill(uri_only);
    assert_string_equal(request.query, "b=c");
}

static void test_ids(void **state)
{
    (void)state;
    char longest[160] = "REQUEST_ID=";
    memset(longest + 11, 'x', 129);
    const char *const bad[] = {"REQUEST_ID=", "REQUEST_ID=a b", "REQUEST_ID=a\r\nSet-Cookie: x",
                               longest, "HTTP_X_REQUEST_ID=forged"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const params[] = {"REQUEST_URI=/", bad[i], NULL};
        assert_int_equal(fill(params).status, 0);
        assert_null(request.id);
    }
    longest[11 + 128] = '\0';
    const char *const params[] = {longest, NULL};
    fill(params);
    assert_string_equal(request.id, longest + 11);
}

static void test_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "REQUEST_URI=/%00",  "REQUEST_URI=*",      "REQUEST_URI=/%",
        "SCRIPT_NAME=a",     "SCRIPT_NAME=/a\x01", "CONTENT_LENGTH=1x",
        "CONTENT_LENGTH=-1", "CONTENT_LENGTH= 1",  "CONTENT_LENGTH=9999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const params[] = {bad[i], i < 5 ? NULL : "REQUEST_URI=/ok", NULL};
        struct intake intake = fill(params);
        assert_int_equal(intake.status, 400);
        assert_non_null(intake.sentence);
        assert_int_equal(request.path[0], '/'); /* still a whole request */
    }
    const char *const none[] = {NULL};
    assert_int_equal(fill(none).status, 400);
}

static void test_memory(void **state)
{
    (void)state;
    arena.limit = 64;
    const char *const params[] = {"REQUEST_URI=/0123456789", "CONTENT_TYPE=text/csv", NULL};
    assert_int_equal(fill(params).status, 503);
    assert_string_equal(request.path, "/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cgi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
