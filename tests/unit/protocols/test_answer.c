#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/answer.h"

static const char *answer(struct http_response *response, int status, const struct err *err)
{
    answer_open(response, status, err_code_name(err->code), err);
    answer_close(response);
    return buf_text(&response->body);
}

static int setup(void **state)
{
    static struct http_response response;
    http_response_init(&response);
    http_response_reset(&response, 4096);
    *state = &response;
    return 0;
}

static int teardown(void **state)
{
    http_response_finish(*state);
    return 0;
}

static void test_every_code_has_a_status(void **state)
{
    (void)state;
    static const struct {
        enum err_code code;
        int status;
    } cases[] = {
        {ERR_NONE, 200},          {ERR_INVALID, 400},
        {ERR_MISSING, 400},       {ERR_CATEGORY, 400},
        {ERR_RANGE, 400},         {ERR_NOT_FOUND, 404},
        {ERR_LIMIT, 413},         {ERR_UNSUPPORTED, 400},
        {ERR_MEMORY, 413},        {ERR_IO, 500},
        {ERR_UNAVAILABLE, 503},   {ERR_INTERNAL, 500},
        {(enum err_code)99, 500},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(answer_status_of(cases[i].code), cases[i].status);
}

static void test_row_and_field_are_told_where_known(void **state)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_RANGE, "too \"large\"");
    assert_string_equal(answer(*state, 400, &err),
                        "{\"error\":\"too \\\"large\\\"\",\"code\":\"out_of_range\"}");
    err_at(&err, 3, "a\nb");
    assert_string_equal(answer(*state, 400, &err),
                        "{\"error\":\"too \\\"large\\\"\",\"code\":\"out_of_range\",\"row\":3,"
                        "\"field\":\"a\\nb\"}");
}

static void test_an_error_replaces_what_was_written(void **state)
{
    struct http_response *response = *state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_INVALID, "x");
    response->content_type = "text/plain";
    response->body.failed = true;
    buf_put_text(&response->body, "half an answer");
    assert_string_equal(answer(response, 400, &err), "{\"error\":\"x\",\"code\":\"invalid\"}");
    assert_string_equal(response->content_type, "application/json");
    assert_int_equal(response->status, 400);
    assert_string_equal(buf_text(&response->headers), "");
}

static void test_503_says_when_to_come_again(void **state)
{
    struct http_response *response = *state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_UNAVAILABLE, "x");
    answer(response, 503, &err);
    assert_string_equal(buf_text(&response->headers), "Retry-After: 1\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_status),
        cmocka_unit_test_setup_teardown(test_row_and_field_are_told_where_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_error_replaces_what_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_503_says_when_to_come_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
