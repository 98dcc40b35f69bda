#include "registry/model_metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* (route, status) pairs of one version. Both come from our own tables, so that this is never
 * reached; a pair beyond it is not counted. */
#define PAIRS_MAX 64

struct model_metrics_families {
    struct metrics_family *requests, *durations, *phases, *rows, *rejected;
};

struct pair {
    const char *route;
    int status;
    struct metrics_series *requests, *durations;
};

struct model_metrics {
    const struct model_metrics_families *families;
    char *model, *version;
    struct metrics_series *phases[PHASES];
    struct metrics_series *rows;
    _Atomic int64_t last_ns; /* when the last request succeeded */
    struct metrics_series *rejected[FRAME_REASONS];
    pthread_mutex_t lock;                    /* of making a pair; reading them takes none */
    _Atomic(struct pair *) pairs[PAIRS_MAX]; /* filled from the front, never changed again */
};

static const char *const request_labels[] = {"model", "version", "route", "status"};
static const char *const phase_labels[] = {"model", "version", "phase"};
static const char *const version_labels[] = {"model", "version"};
static const char *const rejected_labels[] = {"model", "version", "reason"};

static const char *const phase_names[PHASES] = {"queue", "read", "decode", "compute", "encode"};

/* Seconds: from what one row takes to what nobody waits for. */
static const double duration_bounds[] = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                         0.005,   0.01,   0.025,   0.05,   0.1,   0.25,
                                         0.5,     1,      2.5,     10};
static const double phase_bounds[] = {0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005,
                                      0.001,    0.0025,  0.005,    0.01,    0.025,  0.1,     1};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct model_metrics_families *model_metrics_families_create(struct metrics *metrics)
{
    struct model_metrics_families *families = mem_array(1, sizeof *families);
    if (families == NULL)
        return NULL;
    families->requests = metrics_family_add(metrics, METRICS_COUNTER, "omen_requests_total",
                                            "Requests; without a model: those that reached none.",
                                            request_labels, 4, NULL, 0);
    families->durations = metrics_family_add(
        metrics, METRICS_HISTOGRAM, "omen_request_duration_seconds",
        "From the moment a request could be read until its answer was ready to be sent.",
        request_labels, 4, duration_bounds, COUNT(duration_bounds));
    families->phases = metrics_family_add(metrics, METRICS_HISTOGRAM, "omen_phase_duration_seconds",
                                          "Time in each phase of a request.", phase_labels, 3,
                                          phase_bounds, COUNT(phase_bounds));
    families->rows = metrics_family_add(metrics, METRICS_COUNTER, "omen_rows_total",
                                        "Rows predicted.", version_labels, 2, NULL, 0);
    families->rejected = metrics_family_add(metrics, METRICS_COUNTER, "omen_rejected_total",
                                            "Cells refused, or rows of the wrong shape, by reason.",
                                            rejected_labels, 3, NULL, 0);
    if (families->requests != NULL && families->durations != NULL && families->phases != NULL &&
        families->rows != NULL && families->rejected != NULL)
        return families;
    free(families);
    return NULL;
}

/* The families themselves belong to the metrics they were added to. */
void model_metrics_families_destroy(struct model_metrics_families *families)
{
    free(families);
}

static bool series_make(struct model_metrics *metrics)
{
    const struct model_metrics_families *families = metrics->families;
    const char *values[3] = {metrics->model, metrics->version, NULL};
    metrics->rows = metrics_series_create(families->rows, values);
    bool ok = metrics->rows != NULL;
    for (size_t i = 0; ok && i < PHASES; i++) {
        values[2] = phase_names[i];
        metrics->phases[i] = metrics_series_create(families->phases, values);
        ok = metrics->phases[i] != NULL;
    }
    for (size_t i = 0; ok && i < FRAME_REASONS; i++) {
        values[2] = frame_reason_name((enum frame_reason)i);
        metrics->rejected[i] = metrics_series_create(families->rejected, values);
        ok = metrics->rejected[i] != NULL;
    }
    return ok;
}

struct model_metrics *model_metrics_create(struct model_metrics_families *families,
                                           const char *model, const char *version)
{
    struct model_metrics *metrics = families != NULL ? mem_array(1, sizeof *metrics) : NULL;
    if (metrics == NULL)
        return NULL;
    pthread_mutex_init(&metrics->lock, NULL);
    metrics->families = families;
    metrics->model = mem_copy_text(model, strlen(model));
    metrics->version = mem_copy_text(version, strlen(version));
    if (metrics->model != NULL && metrics->version != NULL && series_make(metrics))
        return metrics;
    model_metrics_destroy(metrics);
    return NULL;
}

static void pair_free(struct pair *pair)
{
    if (pair == NULL)
        return;
    metrics_series_destroy(pair->requests);
    metrics_series_destroy(pair->durations);
    free(pair);
}

void model_metrics_destroy(struct model_metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (size_t i = 0; i < PAIRS_MAX; i++)
        pair_free(atomic_load_explicit(&metrics->pairs[i], memory_order_relaxed));
    for (size_t i = 0; i < PHASES; i++)
        metrics_series_destroy(metrics->phases[i]);
    for (size_t i = 0; i < FRAME_REASONS; i++)
        metrics_series_destroy(metrics->rejected[i]);
    metrics_series_destroy(metrics->rows);
    pthread_mutex_destroy(&metrics->lock);
    free(metrics->model);
    free(metrics->version);
    free(metrics);
}

/* *free_place: the first place without a pair. */
static struct pair *pair_find(struct model_metrics *metrics, const char *route, int status,
                              size_t *free_place)
{
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = atomic_load_explicit(&metrics->pairs[i], memory_order_acquire);
        *free_place = i;
        if (pair == NULL)
            return NULL;
        if (pair->route == route && pair->status == status)
            return pair;
    }
    *free_place = PAIRS_MAX;
    return NULL;
}

static struct pair *pair_make(struct model_metrics *metrics, const char *route, int status)
{
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    const char *values[] = {metrics->model, metrics->version, route, number};
    struct pair *pair = mem_array(1, sizeof *pair);
    if (pair == NULL)
        return NULL;
    *pair = (struct pair){
        .route = route,
        .status = status,
        .requests = metrics_series_create(metrics->families->requests, values),
        .durations = metrics_series_create(metrics->families->durations, values),
    };
    return pair;
}

static struct pair *pair_get(struct model_metrics *metrics, const char *route, int status)
{
    size_t place;
    struct pair *pair = pair_find(metrics, route, status, &place);
    if (pair != NULL || place == PAIRS_MAX)
        return pair;
    pthread_mutex_lock(&metrics->lock);
    pair = pair_find(metrics, route, status, &place); /* another thread may have been first */
    if (pair == NULL && place < PAIRS_MAX) {
        pair = pair_make(metrics, route, status);
        atomic_store_explicit(&metrics->pairs[place], pair, memory_order_release);
    }
    pthread_mutex_unlock(&metrics->lock);
    return pair;
}

static void observe_ns(struct metrics_series *series, int64_t ns)
{
    if (ns >= 0)
        metrics_observe(series, (double)ns / (double)CLOCK_NS_PER_S);
}

void model_metrics_count(struct model_metrics *metrics, const struct model_sample *sample)
{
    if (metrics == NULL)
        return;
    const char *route = sample->route != NULL ? sample->route : "";
    const struct pair *pair = pair_get(metrics, route, sample->status);
    if (pair != NULL) {
        metrics_add(pair->requests, 1);
        observe_ns(pair->durations, sample->total_ns);
    }
    for (size_t i = 0; i < PHASES; i++)
        observe_ns(metrics->phases[i], sample->phase_ns[i]);
    metrics_add(metrics->rows, (double)sample->rows);
    if (sample->status == 200)
        atomic_store_explicit(&metrics->last_ns, sample->ended_ns, memory_order_relaxed);
    for (size_t i = 0; i < FRAME_REASONS; i++)
        if (sample->rejected[i] > 0)
            metrics_add(metrics->rejected[i], (double)sample->rejected[i]);
}

static void count_add(struct model_count *to, const struct metrics_series *series)
{
    to->count += metrics_value(series);
    to->seconds += metrics_sum(series);
}

void model_metrics_read(struct model_metrics *metrics, struct model_totals *totals)
{
    *totals = (struct model_totals){.rows = 0};
    if (metrics == NULL)
        return;
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        const struct pair *pair = atomic_load_explicit(&metrics->pairs[i], memory_order_acquire);
        if (pair == NULL)
            break;
        count_add(pair->status == 200 ? &totals->success : &totals->failure, pair->durations);
    }
    for (size_t i = 0; i < PHASES; i++)
        count_add(&totals->phases[i], metrics->phases[i]);
    totals->rows = metrics_value(metrics->rows);
    totals->last_ns = atomic_load_explicit(&metrics->last_ns, memory_order_relaxed);
}
