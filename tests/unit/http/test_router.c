#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/router.h"

static void handle(void *context, struct http_request *request, const struct router_match *match,
                   struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    response->status = 299;
}

static bool add(struct router *router, enum http_method method, const char *pattern)
{
    struct err err = ERR_INIT;
    const struct router_route route = {.method = method, .pattern = pattern, .handle = handle};
    bool added = router_add(router, &route, &err);
    assert_true(added || err.text[0] != '\0');
    return added;
}

struct fixture {
    struct router *router;
    struct arena arena;
    struct router_match match;
    char allow[64];
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.router = router_create()};
    arena_init(&fixture.arena, 0);
    assert_true(add(fixture.router, HTTP_POST, "/predict/{name}"));
    assert_true(add(fixture.router, HTTP_POST, "/predict/{name}/{version}"));
    assert_true(add(fixture.router, HTTP_POST, "/predict/special"));
    assert_true(add(fixture.router, HTTP_POST, "/predict"));
    assert_true(add(fixture.router, HTTP_GET, "/status"));
    assert_true(add(fixture.router, HTTP_GET, "/"));
    assert_true(add(fixture.router, HTTP_GET, "/v1/models/{name}"));
    assert_true(add(fixture.router, HTTP_POST, "/v1/models/{name}:predict"));
    assert_true(add(fixture.router, HTTP_POST, "/v1/models/{name}/labels/{label}:predict"));
    assert_true(add(fixture.router, HTTP_DELETE, "/predict/{anything}"));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    router_destroy(fixture->router);
    arena_finish(&fixture->arena);
    return 0;
}

static const char *find(struct fixture *fixture, enum http_method method, const char *path,
                        enum router_result want)
{
    const struct router_route *route = NULL;
    const struct http_request request = {
        .method = method, .path = path, .path_length = strlen(path), .arena = &fixture->arena};
    enum router_result result = router_find(fixture->router, &request, &route, &fixture->match,
                                            fixture->allow, sizeof(fixture->allow));
    assert_int_equal(result, want);
    return route != NULL ? route->pattern : NULL;
}

static void test_exact_wins(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(find(fixture, HTTP_POST, "/predict/special", ROUTER_FOUND),
                        "/predict/special");
    assert_int_equal(fixture->match.count, 0);
    assert_string_equal(find(fixture, HTTP_POST, "/predict/iris", ROUTER_FOUND), "/predict/{name}");
    assert_string_equal(fixture->match.values[0], "iris");
    assert_string_equal(find(fixture, HTTP_POST, "/predict/iris/3", ROUTER_FOUND),
                        "/predict/{name}/{version}");
    assert_int_equal(fixture->match.count, 2);
    assert_string_equal(fixture->match.values[1], "3");
    /* The most exact pattern lacks the method, a less exact one has it. */
    assert_string_equal(find(fixture, HTTP_DELETE, "/predict/special", ROUTER_FOUND),
                        "/predict/{anything}");
    assert_string_equal(find(fixture, HTTP_GET, "/", ROUTER_FOUND), "/");
}

static void test_endings(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(find(fixture, HTTP_POST, "/v1/models/iris:predict", ROUTER_FOUND),
                        "/v1/models/{name}:predict");
    assert_string_equal(fixture->match.values[0], "iris");
    find(fixture, HTTP_POST, "/v1/models/:predict", ROUTER_NO_METHOD);
    assert_non_null(find(fixture, HTTP_POST, "/v1/models/a/labels/b:predict", ROUTER_FOUND));
    assert_string_equal(fixture->match.values[1], "b");
}

static void test_no_match(void **state)
{
    struct fixture *fixture = *state;
    assert_null(find(fixture, HTTP_POST, "/predict/", ROUTER_NO_PATH));
    assert_null(find(fixture, HTTP_POST, "/predict//3", ROUTER_NO_PATH));
    assert_null(find(fixture, HTTP_POST, "/predict/a/b/c", ROUTER_NO_PATH));
    assert_null(find(fixture, HTTP_POST, "/predictive", ROUTER_NO_PATH));
    assert_null(find(fixture, HTTP_OTHER, "/nowhere", ROUTER_NO_PATH));
}

static void test_allow(void **state)
{
    struct fixture *fixture = *state;
    find(fixture, HTTP_PUT, "/predict/iris", ROUTER_NO_METHOD);
    assert_string_equal(fixture->allow, "POST, DELETE");
    find(fixture, HTTP_PUT, "/v1/models/iris:predict", ROUTER_NO_METHOD);
    assert_string_equal(fixture->allow, "POST"); /* though GET takes "iris:predict" for a name */
    find(fixture, HTTP_POST, "/status", ROUTER_NO_METHOD);
    assert_string_equal(fixture->allow, "GET, HEAD");
    find(fixture, HTTP_OTHER, "/status", ROUTER_NO_METHOD);
    assert_string_equal(find(fixture, HTTP_HEAD, "/status", ROUTER_FOUND), "/status");
}

struct seen {
    const char *before;
    size_t patterns, routes;
};

static void count_beside(void *context, const struct router_route *route)
{
    struct seen *seen = context;
    if (seen->before == NULL || strcmp(seen->before, route->pattern) != 0)
        seen->patterns++;
    seen->before = route->pattern;
    seen->routes++;
}

static void test_each(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen = {.before = NULL};
    router_each(fixture->router, count_beside, &seen);
    size_t routes = seen.routes;
    assert_true(add(fixture->router, HTTP_PATCH, "/status"));
    size_t patterns = seen.patterns;
    seen = (struct seen){.before = NULL};
    router_each(fixture->router, count_beside, &seen);
    assert_int_equal(seen.routes, routes + 1);
    assert_int_equal(seen.patterns, patterns); /* beside the other one of its path */
}

static void test_bad_routes(void **state)
{
    struct fixture *fixture = *state;
    assert_false(add(fixture->router, HTTP_GET, "status"));
    assert_false(add(fixture->router, HTTP_GET, "/status")); /* twice */
    assert_false(add(fixture->router, HTTP_POST, "/predict/{other}"));
    assert_false(add(fixture->router, HTTP_GET, "/a{b}"));
    assert_false(add(fixture->router, HTTP_GET, "/{b"));
    assert_false(add(fixture->router, HTTP_GET, "/{}"));
    assert_false(add(fixture->router, HTTP_GET, "/{a}/{b}/{c}/{d}/{e}"));
    assert_false(add(fixture->router, HTTP_OTHER, "/other"));
    assert_false(add(fixture->router, HTTP_GET, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7"));
    router_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exact_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_match, setup, teardown),
        cmocka_unit_test_setup_teardown(test_allow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_routes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
