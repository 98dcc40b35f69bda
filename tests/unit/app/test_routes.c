#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "codec/json.h"
#include "fixture.h"

static struct http_response response;

static const char *no_param(const struct http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

static int ask(struct fixture *f, enum http_method method, const char *path)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct http_request request = {
        .method = method,
        .path = path,
        .path_length = strlen(path),
        .query = "",
        .content_type = "",
        .body = "",
        .id = "x",
        .remote = "",
        .arena = &arena,
        .scratch = &arena,
        .param = no_param,
    };
    http_response_reset(&response, 0);
    f->app->server_options.handle(f->app, &request, &response);
    arena_finish(&arena);
    return response.status;
}

static const char *body(void)
{
    return buf_text(&response.body);
}

static void wait_until_ready(struct fixture *f)
{
    int64_t deadline = clock_monotonic_ns() + 20 * CLOCK_NS_PER_S;
    while (ask(f, HTTP_GET, "/readyz") != 200 && clock_monotonic_ns() < deadline)
        usleep(2000);
}

static void test_healthy(void **state)
{
    assert_int_equal(ask(*state, HTTP_GET, "/healthz"), 200);
    assert_string_equal(body(), "{\"status\":\"ok\"}");
    assert_int_equal(ask(*state, HTTP_HEAD, "/healthz"), 200);
    assert_int_equal(ask(*state, HTTP_POST, "/healthz"), 405);
}

static void test_ready_with_a_model_only(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f, HTTP_GET, "/readyz"), 503);
    assert_non_null(strstr(buf_text(&response.headers), "Retry-After: "));
    fixture_write_model(f, "sum");
    watch_wake(f->app->watch);
    wait_until_ready(f);
    assert_int_equal(ask(f, HTTP_GET, "/readyz"), 200);
    assert_string_equal(body(), "{\"status\":\"ready\"}");
}

static void test_status_and_metrics(void **state)
{
    struct fixture *f = *state;
    fixture_write_model(f, "sum");
    watch_wake(f->app->watch);
    wait_until_ready(f);
    assert_int_equal(ask(f, HTTP_GET, "/status"), 200);
    assert_non_null(strstr(body(), "{\"status\":\"ready\",\"version\":\"" OMEN_VERSION "\","));
    assert_non_null(strstr(body(), "\"server\":{"));
    assert_non_null(strstr(body(), "\"models\":["));
    assert_non_null(strstr(body(), "\"sum\""));
    assert_int_equal(ask(f, HTTP_GET, "/metrics"), 200);
    assert_non_null(strstr(response.content_type, "text/plain; version=0.0.4"));
    assert_non_null(strstr(body(), "omen_build_info{version=\"" OMEN_VERSION "\"} 1\n"));
    assert_non_null(strstr(body(), "process_resident_memory_bytes "));
    assert_non_null(strstr(body(), "omen_requests_total"));
}

static void test_what_the_server_refuses(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int status;
        const char *code;
    } cases[] = {
        {400, "invalid"}, {408, "timeout"}, {413, "limit"}, {431, "limit"}, {503, "unavailable"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char part[64];
        http_response_reset(&response, 0);
        f->app->server_options.refuse(f->app, NULL, &response, cases[i].status, "why");
        snprintf(part, sizeof part, "{\"error\":\"why\",\"code\":\"%s\"}", cases[i].code);
        assert_string_equal(body(), part);
        assert_int_equal(response.status, cases[i].status);
    }
}

static void test_requests_without_a_model_are_counted(void **state)
{
    struct fixture *f = *state;
    const struct http_request request = {.id = "x", .timing = {.queued = clock_monotonic_ns()}};
    assert_int_equal(ask(f, HTTP_GET, "/healthz"), 200);
    f->app->server_options.done(f->app, &request, &response, 1);
    f->app->server_options.done(f->app, &request, &response, 1);
    assert_int_equal(ask(f, HTTP_GET, "/nowhere"), 404);
    f->app->server_options.done(f->app, &request, &response, 1);
    response.model = "counted-by-itself";
    f->app->server_options.done(f->app, &request, &response, 1);
    ask(f, HTTP_GET, "/metrics");
    assert_non_null(strstr(body(), "omen_requests_total{model=\"\",version=\"\","
                                   "route=\"/healthz\",status=\"200\"} 2\n"));
    assert_non_null(strstr(body(), "omen_requests_total{model=\"\",version=\"\",route=\"\","
                                   "status=\"404\"} 1\n"));
}

static void assert_described(void *context, const struct router_route *route)
{
    static const char *const keys[] = {
        [HTTP_GET] = "get",        [HTTP_HEAD] = "head",   [HTTP_POST] = "post",
        [HTTP_PUT] = "put",        [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
        [HTTP_OPTIONS] = "options"};
    static const char *const members[] = {"summary", "operationId", "tags", "responses"};
    const struct json *at = context;
    const char *const names[] = {"paths", route->pattern, keys[route->method]};
    bool found = true;
    for (size_t i = 0; found && i < sizeof names / sizeof names[0]; i++)
        at = json_object_get(at, names[i], &found);
    for (size_t i = 0; found && i < sizeof members / sizeof members[0]; i++)
        json_object_get(at, members[i], &found);
    if (!found)
        fail_msg("%s %s has no description: add it to \"routes\" of src/protocols/openapi.json",
                 http_method_name(route->method), route->pattern);
}

static void test_every_route_is_described(void **state)
{
    struct fixture *f = *state;
    struct json *document = NULL;
    assert_int_equal(ask(f, HTTP_GET, "/openapi.json"), 200);
    assert_true(json_parse(response.body.data, response.body.length, &document, NULL));
    router_each(f->app->router, assert_described, document);
    json_free(document);
    json_thread_finish();
}

static int finish(void **state)
{
    (void)state;
    http_response_finish(&response);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(test_healthy),
        TEST(test_ready_with_a_model_only),
        TEST(test_status_and_metrics),
        TEST(test_what_the_server_refuses),
        TEST(test_requests_without_a_model_are_counted),
        TEST(test_every_route_is_described),
    };
    http_response_init(&response);
    return cmocka_run_group_tests(tests, NULL, finish);
}
