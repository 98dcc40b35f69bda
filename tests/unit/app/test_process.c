#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/process.h"
#include "base/clock.h"

static double rendered(struct metrics *metrics, const char *name)
{
    struct buf out = BUF_INIT;
    char line[128];
    metrics_render(metrics, &out);
    snprintf(line, sizeof line, "\n%s ", name);
    const char *place = strstr(buf_text(&out), line);
    assert_non_null(place);
    double value = strtod(place + strlen(line), NULL);
    buf_finish(&out);
    return value;
}

static void test_values_are_the_processs(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    assert_true(process_metrics_add(metrics));
    assert_true(rendered(metrics, "process_resident_memory_bytes") > 100e3);
    assert_true(rendered(metrics, "process_cpu_seconds_total") >= 0);
    double now = (double)clock_wall_ns() / 1e9;
    double start = rendered(metrics, "process_start_time_seconds");
    assert_true(start > now - 3600 && start <= now);
    assert_true(rendered(metrics, "omen_build_info{version=\"" OMEN_VERSION "\"}") == 1);
    metrics_destroy(metrics);
}

static void test_descriptors_are_counted(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    assert_true(process_metrics_add(metrics));
    double before = rendered(metrics, "process_open_fds");
    int fd = dup(STDERR_FILENO);
    assert_true(fd >= 0);
    assert_true(rendered(metrics, "process_open_fds") == before + 1);
    close(fd);
    assert_true(before >= 1);
    metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_the_processs),
        cmocka_unit_test(test_descriptors_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
