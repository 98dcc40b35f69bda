/* A request in TensorFlow Serving's shape, whoever's path it came by: KServe's v1, Vertex AI's. */
#ifndef OMEN_PROTOCOLS_V1_REQUEST_H
#define OMEN_PROTOCOLS_V1_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/envelope.h"
#include "protocols/choice.h"
#include "protocols/job.h"
#include "protocols/results.h"
#include "protocols/tree.h"

struct v1_request {
    struct job job; /* begun */
    const char *text;
    size_t length;
    bool rows_only; /* "instances" and no "inputs" */
    struct tree tree;
    struct choices choices;
    struct results_style style;
};

/* {"instances":[...]} -> {"predictions":[...]}, {"inputs":...} -> {"outputs":...}; the outputs by
 * "signature_name" or by "parameters":{"output":...}. Each writes the answer or the error. */
void v1_request_predict(struct v1_request *v1);
/* {"examples":[{...}]} -> {"results":[[["label",score],...],...]} */
void v1_request_classify(struct v1_request *v1);
/* {"examples":[{...}]} -> {"results":[value,...]} */
void v1_request_regress(struct v1_request *v1);

void v1_request_finish(struct v1_request *v1);

#endif
