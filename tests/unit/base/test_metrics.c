#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/metrics.h"

static const char *const labels[] = {"model", "status"};
static const double bounds[] = {0.001, 0.5, 2};

static void assert_renders(struct metrics *metrics, const char *expected)
{
    struct buf out = BUF_INIT;
    metrics_render(metrics, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void test_counter_and_gauge(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *requests = metrics_family_add(metrics, METRICS_COUNTER, "r_total",
                                                         "Re\\quests\nseen.", labels, 2, NULL, 0);
    struct metrics_family *memory =
        metrics_family_add(metrics, METRICS_GAUGE, "m_bytes", "Memory.", NULL, 0, NULL, 0);
    struct metrics_series *series =
        metrics_series_create(requests, (const char *const[]){"a\"b\\c\nd", "200"});
    struct metrics_series *gauge = metrics_series_create(memory, NULL);
    metrics_add(series, 2);
    metrics_add(series, 0.1);
    metrics_add(series, -5);  /* a counter never goes down */
    metrics_add(series, NAN); /* and is never spoilt */
    metrics_set(series, 7);   /* nor set */
    metrics_observe(series, 1);
    metrics_set(gauge, 10);
    metrics_add(gauge, -2.5);
    assert_true(metrics_value(gauge) == 7.5);
    assert_renders(metrics, "# HELP r_total Re\\\\quests\\nseen.\n"
                            "# TYPE r_total counter\n"
                            "r_total{model=\"a\\\"b\\\\c\\nd\",status=\"200\"} 2.1\n"
                            "# HELP m_bytes Memory.\n"
                            "# TYPE m_bytes gauge\n"
                            "m_bytes 7.5\n");
    metrics_destroy(metrics);
}

/* The fewest digits that read back as the same number. */
static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } numbers[] = {
        {0, "0"},
        {-3, "-3"},
        {1234567890123, "1234567890123"},
        {999999999999999, "999999999999999"},
        {-999999999999999, "-999999999999999"},
        {1e15, "1e+15"},
        {9007199254740993.0, "9007199254740992"},
        {1e300, "1e+300"},
        {-0.1, "-0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
    };
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_GAUGE, "g", "G.", NULL, 0, NULL, 0);
    struct metrics_series *gauge = metrics_series_create(family, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "# HELP g G.\n# TYPE g gauge\ng %s\n", numbers[i].text);
        metrics_set(gauge, numbers[i].value);
        assert_renders(metrics, expected);
    }
    metrics_destroy(metrics);
}

static void test_histogram(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_HISTOGRAM, "t_seconds", "T.", labels, 1, bounds, 3);
    struct metrics_series *series = metrics_series_create(family, (const char *const[]){"iris"});
    static const double seen[] = {0.001, 0.0011, 0.5, 1, 99, INFINITY, NAN};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        metrics_thread_set((unsigned)i * 5);
        metrics_observe(series, seen[i]);
    }
    metrics_add(series, 1);
    metrics_set(series, 1);
    metrics_thread_set(0);
    assert_true(metrics_value(series) == 6);
    assert_renders(metrics, "# HELP t_seconds T.\n"
                            "# TYPE t_seconds histogram\n"
                            "t_seconds_bucket{model=\"iris\",le=\"0.001\"} 1\n"
                            "t_seconds_bucket{model=\"iris\",le=\"0.5\"} 3\n"
                            "t_seconds_bucket{model=\"iris\",le=\"2\"} 4\n"
                            "t_seconds_bucket{model=\"iris\",le=\"+Inf\"} 6\n"
                            "t_seconds_sum{model=\"iris\"} +Inf\n"
                            "t_seconds_count{model=\"iris\"} 6\n");
    metrics_destroy(metrics);
}

static void test_series_end(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels, 1, NULL, 0);
    struct metrics_series *series[3];
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), 0};
        series[i] = metrics_series_create(family, (const char *const[]){name});
        metrics_add(series[i], i + 1);
    }
    metrics_series_destroy(series[1]);
    assert_renders(metrics, "# HELP c C.\n# TYPE c counter\nc{model=\"a\"} 1\nc{model=\"c\"} 3\n");
    metrics_series_destroy(series[2]);
    metrics_series_destroy(series[0]);
    assert_renders(metrics, "# HELP c C.\n# TYPE c counter\n");
    struct metrics_series *again = metrics_series_create(family, (const char *const[]){"z"});
    assert_true(metrics_value(again) == 0);
    metrics_destroy(metrics); /* what is left goes with it */
}

/* A version that is replaced by itself: both share the series, and it is exposed once. */
static void test_shared_series(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels, 1, NULL, 0);
    struct metrics_series *old = metrics_series_create(family, (const char *const[]){"a"});
    metrics_add(old, 4);
    struct metrics_series *new = metrics_series_create(family, (const char *const[]){"a"});
    metrics_series_destroy(old);
    metrics_add(new, 1);
    assert_renders(metrics, "# HELP c C.\n# TYPE c counter\nc{model=\"a\"} 5\n");
    metrics_destroy(metrics);
}

/* Many are found again, and those that ended are not. */
static void test_many_series(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static const char *const names[] = {"model", "version"};
    static struct metrics_series *series[MANY];
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_COUNTER, "n_total", "N.", names, 2, NULL, 0);
    char text[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "m%d", i);
        series[i] = metrics_series_create(family, (const char *const[]){text, "1"});
        metrics_add(series[i], i + 1);
    }
    for (int i = 0; i < MANY; i += 2)
        metrics_series_destroy(series[i]);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "m%d", i);
        struct metrics_series *again =
            metrics_series_create(family, (const char *const[]){text, "1"});
        assert_true(metrics_value(again) == (i % 2 == 0 ? 0 : i + 1));
        assert_true(i % 2 == 0 || again == series[i]);
    }
    struct metrics_series *one = metrics_series_create(family, (const char *const[]){"a", "bc"});
    struct metrics_series *other = metrics_series_create(family, (const char *const[]){"ab", "c"});
    assert_ptr_not_equal(one, other);
    metrics_destroy(metrics);
}

static void test_null_does_nothing(void **state)
{
    (void)state;
    metrics_add(NULL, 1);
    metrics_set(NULL, 1);
    metrics_observe(NULL, 1);
    metrics_series_destroy(NULL);
    metrics_destroy(NULL);
    assert_true(metrics_value(NULL) == 0);
    assert_null(metrics_series_create(NULL, NULL));
    assert_null(metrics_family_add(NULL, METRICS_COUNTER, "c", "C.", NULL, 0, NULL, 0));
    struct metrics *metrics = metrics_create();
    assert_null(metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels,
                                   METRICS_LABELS_MAX + 1, NULL, 0));
    metrics_destroy(metrics);
}

static void test_same_family_twice(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *family =
        metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels, 1, NULL, 0);
    assert_ptr_equal(metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels, 1, NULL, 0),
                     family);
    assert_null(metrics_family_add(metrics, METRICS_GAUGE, "c", "C.", labels, 1, NULL, 0));
    assert_renders(metrics, "# HELP c C.\n# TYPE c counter\n");
    metrics_destroy(metrics);
}

static void collect(void *context, struct metrics_emitter *emitter)
{
    struct metrics_family *other = context;
    /* A callback may make series: no lock is held around it. */
    metrics_series_destroy(metrics_series_create(other, (const char *const[]){"x"}));
    metrics_emit(emitter, (const char *const[]){"a"}, 1e300);
    metrics_emit(emitter, (const char *const[]){"b"}, -INFINITY);
}

static void test_callback(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct metrics_family *other =
        metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", labels, 1, NULL, 0);
    assert_non_null(
        metrics_family_add_callback(metrics, METRICS_GAUGE, "g", "G.", labels, 1, collect, other));
    assert_null(metrics_family_add_callback(metrics, METRICS_HISTOGRAM, "h", "H.", labels, 1,
                                            collect, NULL));
    assert_renders(metrics, "# HELP c C.\n# TYPE c counter\n# HELP g G.\n# TYPE g gauge\n"
                            "g{model=\"a\"} 1e+300\ng{model=\"b\"} -Inf\n");
    metrics_destroy(metrics);
}

#define THREADS 4
#define ROUNDS 20000

static struct metrics_series *shared[2];

static void *hammer(void *argument)
{
    unsigned *number = argument;
    metrics_thread_set(*number);
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(shared[0], 1);
        metrics_observe(shared[1], 0.25);
    }
    return NULL;
}

/* Two of the threads share a shard; nothing is lost. */
static void test_threads(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    shared[0] = metrics_series_create(
        metrics_family_add(metrics, METRICS_COUNTER, "c", "C.", NULL, 0, NULL, 0), NULL);
    shared[1] = metrics_series_create(
        metrics_family_add(metrics, METRICS_HISTOGRAM, "h", "H.", NULL, 0, bounds, 3), NULL);
    pthread_t threads[THREADS];
    unsigned numbers[THREADS] = {0, 1, 1 + METRICS_SHARDS, 2};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &numbers[i]), 0);
    struct buf out = BUF_INIT;
    metrics_render(metrics, &out);
    assert_false(out.failed);
    buf_finish(&out);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(metrics_value(shared[0]) == THREADS * ROUNDS);
    assert_true(metrics_value(shared[1]) == THREADS * ROUNDS);
    metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter_and_gauge), cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_series_end),        cmocka_unit_test(test_shared_series),
        cmocka_unit_test(test_null_does_nothing), cmocka_unit_test(test_same_family_twice),
        cmocka_unit_test(test_callback),          cmocka_unit_test(test_threads),
        cmocka_unit_test(test_many_series),       cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests_name("base/metrics", tests, NULL, NULL);
}
