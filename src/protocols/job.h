/* A request on its way through a model: what every dialect's prediction goes through.
 *
 * A dialect finds out which model is meant and calls job_begin. It decodes the body into
 * job->rows.frame and says in `wanted` which outputs it will show; job_compute fills `results`; the
 * dialect encodes them and calls job_encoded. Whatever happened, job_end counts it, says where the
 * time went and lets the model go. */
#ifndef OMEN_PROTOCOLS_JOB_H
#define OMEN_PROTOCOLS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "protocols/protocol.h"
#include "protocols/rows.h"

struct job {
    const struct protocol_context *context;
    struct http_request *request;
    struct http_response *response;
    struct model *model;
    const struct graph *graph; /* the model's */
    struct rows rows;          /* decoded by the dialect */
    uint32_t wanted;           /* a bit per output */
    struct matrix results[OP_OUTPUTS_MAX];
    bool is_late;      /* the deadline has passed */
    int late_status;   /* of an answer that takes longer than allowed; 0: 413 */
    size_t body_limit; /* the response's own, while this one bounds it otherwise */
};

/* context, request and response are set. name, version: NULL or "" for the default. False, with
 * err filled and nothing to end, when there is no such model; the dialect answers it in its own
 * words or with job_answer_no_model. */
bool job_begin(struct job *job, const char *name, const char *version, struct err *err);
void job_answer_no_model(struct job *job, const struct err *err);

/* The frame is sealed. False when the answer is written already: an error, or, for a route that
 * ends in ":validate", what became of the rows, {"valid":true,"rows":2}: nothing is computed then.
 * With rows judged one by one, the results of bad rows are NaN. */
bool job_compute(struct job *job);

/* The answer's body is written. */
void job_encoded(struct job *job);

void job_end(struct job *job);

/* True when some model is live; else the answer is 503, which is written. For the health checks of
 * platforms. */
bool job_is_ready(const struct protocol_context *context, struct http_response *response);

#endif
