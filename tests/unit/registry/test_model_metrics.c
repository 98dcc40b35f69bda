#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "registry/model_metrics.h"

static const char route[] = "/predict/{model}";

static struct model_sample sample_of(int status, size_t rows)
{
    return (struct model_sample){
        .route = route,
        .status = status,
        .total_ns = 2000000,
        .phase_ns = {1000, 20000, -1, 400000, -1},
        .rows = rows,
    };
}

static void assert_line(struct metrics *metrics, const char *line, bool there)
{
    struct buf out = BUF_INIT;
    metrics_render(metrics, &out);
    if ((strstr(buf_text(&out), line) != NULL) != there)
        print_message("# %s%s\n", there ? "missing: " : "too much: ", line);
    assert_int_equal(strstr(buf_text(&out), line) != NULL, there);
    buf_finish(&out);
}

static void test_counting(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct model_metrics_families *families = model_metrics_families_create(metrics);
    struct model_metrics *iris = model_metrics_create(families, "iris", "3");
    struct model_sample sample = sample_of(200, 10);
    model_metrics_count(iris, &sample);
    model_metrics_count(iris, &sample);
    sample = sample_of(422, 0);
    sample.rejected[FRAME_OUT_OF_RANGE] = 4;
    model_metrics_count(iris, &sample);
    model_metrics_count(NULL, &sample);
#define VERSION "model=\"iris\",version=\"3\""
#define PAIR VERSION ",route=\"/predict/{model}\",status=\"200\""
    assert_line(metrics, "\nomen_requests_total{" PAIR "} 2\n", true);
    assert_line(metrics, ",status=\"422\"} 1\n", true);
    assert_line(metrics, "\nomen_request_duration_seconds_bucket{" PAIR ",le=\"0.001\"} 0\n", true);
    assert_line(metrics, "\nomen_request_duration_seconds_bucket{" PAIR ",le=\"0.0025\"} 2\n",
                true);
    assert_line(metrics, "\nomen_request_duration_seconds_sum{" PAIR "} 0.004\n", true);
    assert_line(metrics, "\nomen_phase_duration_seconds_count{" VERSION ",phase=\"queue\"} 3\n",
                true);
    assert_line(metrics, "\nomen_phase_duration_seconds_count{" VERSION ",phase=\"decode\"} 0\n",
                true);
    assert_line(metrics, "\nomen_rows_total{" VERSION "} 20\n", true);
    assert_line(metrics, "\nomen_rejected_total{" VERSION ",reason=\"out_of_range\"} 4\n", true);
    assert_line(metrics, "\nomen_rejected_total{" VERSION ",reason=\"missing\"} 0\n", true);
    model_metrics_destroy(iris);
    assert_line(metrics, "iris", false);
    assert_line(metrics, "# TYPE omen_requests_total counter\n", true);
    model_metrics_families_destroy(families);
    metrics_destroy(metrics);
}

/* A version replaced by itself goes on counting. */
static void test_replacement_goes_on(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct model_metrics_families *families = model_metrics_families_create(metrics);
    struct model_metrics *old = model_metrics_create(families, "m", "1");
    struct model_sample sample = sample_of(200, 5);
    model_metrics_count(old, &sample);
    struct model_metrics *new = model_metrics_create(families, "m", "1");
    model_metrics_count(new, &sample);
    model_metrics_destroy(old);
    model_metrics_count(new, &sample);
    assert_line(metrics, "\nomen_rows_total{model=\"m\",version=\"1\"} 15\n", true);
    assert_line(metrics, "status=\"200\"} 3\n", true);
    model_metrics_destroy(new);
    model_metrics_destroy(NULL);
    model_metrics_families_destroy(families);
    metrics_destroy(metrics);
}

static void test_without_families(void **state)
{
    (void)state;
    assert_null(model_metrics_create(NULL, "m", "1"));
    assert_null(model_metrics_families_create(NULL));
    model_metrics_families_destroy(NULL);
}

#define THREADS 4
#define ROUNDS 2000
#define STATUSES 80 /* more than a version has places for */

static void *hammer(void *context)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct model_sample sample = sample_of(200 + i % STATUSES, 1);
        model_metrics_count(context, &sample);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_create();
    struct model_metrics_families *families = model_metrics_families_create(metrics);
    struct model_metrics *model = model_metrics_create(families, "m", "1");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, model), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    char line[64];
    snprintf(line, sizeof line, "status=\"200\"} %d\n", THREADS * ROUNDS / STATUSES);
    assert_line(metrics, line, true);
    snprintf(line, sizeof line, "omen_rows_total{model=\"m\",version=\"1\"} %d\n",
             THREADS * ROUNDS);
    assert_line(metrics, line, true);
    model_metrics_destroy(model);
    model_metrics_families_destroy(families);
    metrics_destroy(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_replacement_goes_on),
        cmocka_unit_test(test_without_families),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("registry/model_metrics", tests, NULL, NULL);
}
