/* What is counted per model version. The series live as long as the version, so that ten thousand
 * swaps leave nothing behind; a (route, status) pair gets its series when it is first seen. */
#ifndef OMEN_REGISTRY_MODEL_METRICS_H
#define OMEN_REGISTRY_MODEL_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "graph/frame.h"

enum model_phase { PHASE_QUEUE, PHASE_READ, PHASE_DECODE, PHASE_COMPUTE, PHASE_ENCODE, PHASES };

struct model_sample {
    const char *route; /* static text: the route's pattern */
    int status;
    int64_t total_ns;
    int64_t ended_ns;         /* clock_monotonic_ns; 0: not known */
    int64_t phase_ns[PHASES]; /* < 0: the phase was not reached */
    size_t rows;
    size_t rejected[FRAME_REASONS]; /* rows or cells refused, by reason */
};

struct model_metrics;

/* The families, added once per process: omen_requests_total, omen_request_duration_seconds,
 * omen_phase_duration_seconds, omen_rows_total, omen_rejected_total, ... NULL without memory. */
struct model_metrics_families;
struct model_metrics_families *model_metrics_families_create(struct metrics *metrics);
void model_metrics_families_destroy(struct model_metrics_families *families);

struct model_metrics *model_metrics_create(struct model_metrics_families *families,
                                           const char *model, const char *version);
void model_metrics_destroy(struct model_metrics *metrics);

/* Requests and the seconds they took. */
struct model_count {
    double count, seconds;
};

struct model_totals {
    struct model_count success, failure;
    struct model_count phases[PHASES];
    double rows;
    int64_t last_ns; /* clock_monotonic_ns of the last success; 0: none */
};

/* metrics may be NULL: nothing was counted. Any thread. */
void model_metrics_read(struct model_metrics *metrics, struct model_totals *totals);

/* Accepts NULL. Any thread. */
void model_metrics_count(struct model_metrics *metrics, const struct model_sample *sample);

#endif
