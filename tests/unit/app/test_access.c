#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/access.h"
#include "base/clock.h"
#include "base/log.h"

struct fixture {
    int fd;
    struct access access;
    struct http_request request;
    struct http_response response;
    char text[8192];
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    fixture.fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fixture.fd >= 0);
    log_configure(fixture.fd, LOG_INFO, LOG_FORMAT_TEXT);
    fixture.request = (struct http_request){
        .method = HTTP_POST,
        .path = "/predict/secret-path",
        .id = "id-7",
        .body_length = 12,
        .timing = {.queued = clock_monotonic_ns()},
    };
    http_response_init(&fixture.response);
    http_response_reset(&fixture.response, 0);
    fixture.response.route = "/predict/{model}";
    fixture.response.model = "iris";
    fixture.response.version = "3";
    fixture.response.rows = 2;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    log_configure(STDERR_FILENO, LOG_INFO, LOG_FORMAT_TEXT);
    close(f->fd);
    return 0;
}

static const char *logged(struct fixture *f)
{
    ssize_t size = pread(f->fd, f->text, sizeof f->text - 1, 0);
    assert_true(size >= 0);
    f->text[size] = '\0';
    return f->text;
}

static void test_off_by_default(void **state)
{
    struct fixture *f = *state;
    access_log(&f->access, &f->request, &f->response, 34);
    access_configure(&f->access, 0, 0);
    access_log(&f->access, &f->request, &f->response, 34);
    assert_string_equal(logged(f), "");
}

static void test_a_line_tells_the_pattern_and_not_the_path(void **state)
{
    struct fixture *f = *state;
    access_configure(&f->access, 1, 0);
    access_log(&f->access, &f->request, &f->response, 34);
    const char *line = logged(f);
    static const char *const parts[] = {
        "id=id-7", "method=POST", "/predict/{model}", "status=200", "received=12",
        "sent=34", "rows=2",      "model=iris",       "version=3",  "total_ms="};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr(line, parts[i]) == NULL)
            fail_msg("%s is not in %s", parts[i], line);
    }
    assert_null(strstr(line, "secret-path"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void test_a_slow_request_is_told_without_sampling(void **state)
{
    struct fixture *f = *state;
    access_configure(&f->access, 0, CLOCK_NS_PER_S);
    access_log(&f->access, &f->request, &f->response, 34);
    assert_string_equal(logged(f), "");
    f->request.timing.queued = clock_monotonic_ns() - 2 * CLOCK_NS_PER_S;
    access_log(&f->access, &f->request, &f->response, 34);
    assert_non_null(strstr(logged(f), "slow request"));
}

static void test_a_fraction_is_logged(void **state)
{
    struct fixture *f = *state;
    char byte;
    int lines = 0;
    access_configure(&f->access, 0.25, 0);
    for (int i = 0; i < 4000; i++)
        access_log(&f->access, &f->request, &f->response, 34);
    lseek(f->fd, 0, SEEK_SET);
    while (read(f->fd, &byte, 1) == 1)
        lines += byte == '\n';
    assert_in_range(lines, 900, 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_off_by_default, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_line_tells_the_pattern_and_not_the_path, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_request_is_told_without_sampling, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_fraction_is_logged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
