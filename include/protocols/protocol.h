/* A dialect: how rows come in and answers go out over HTTP. To add one: a file here that ends in
 * its `const struct protocol`, and a line in protocol.c. */
#ifndef OMEN_PROTOCOLS_PROTOCOL_H
#define OMEN_PROTOCOLS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/metrics.h"
#include "http/router.h"
#include "registry/registry.h"

/* What a platform that runs the worker says of itself. */
struct protocol_platform {
    const char *vertex_health_route, *vertex_predict_route; /* AIP_..._ROUTE; NULL or "": none */
    const char *sagemaker_models; /* where models that are loaded by request lie; NULL: none are */
    bool sagemaker_batch;         /* a batch transform: an answer to a line */
    const char *sagemaker_accept; /* what is answered to who asks for nothing; NULL: in kind */
    size_t sagemaker_transforms;  /* requests that may be under way at once; 0: `threads` */
    const char *sagemaker_strategy; /* NULL: MULTI_RECORD */
    size_t sagemaker_payload;       /* megabytes; 0: of max_body */
};

/* What every protocol's handler gets as context. */
struct protocol_context {
    struct registry *registry;
    struct watch *watch;     /* told when an operator changes what is loaded; may be NULL */
    bool management;         /* load, unload and the repository's index are allowed */
    bool strict_datatypes;   /* tensors have the datatype of the metadata, or are refused */
    bool double_digits;      /* FP32 is written with the digits of its double */
    const char *server_name; /* as metadata say it */
    struct metrics *metrics;
    size_t max_rows;
    size_t max_body;             /* bytes that a packed body may unpack to */
    const char *version_labels;  /* "MODEL/LABEL=VERSION, ..." */
    struct openapi *openapi;     /* of protocols/openapi.h */
    const struct router *router; /* set by protocol_add_all */
    size_t threads;
    struct protocol_platform platform;
};

struct protocol {
    const char *name;
    const struct router_route *routes; /* context is filled in by protocol_add_all */
    size_t route_count;
};

/* The routes that the platform wants, which may be anyone's: add them first. **Keeps** context. */
bool protocol_add_platform(struct router *router, struct protocol_context *context,
                           struct err *err);

/* NULL-terminated. */
const struct protocol *const *protocol_list(void);
/* **Keeps** context. */
bool protocol_add_all(struct router *router, struct protocol_context *context, struct err *err);

/* Finds the route and lets it answer; 404 and 405 (with Allow) are answered here, and so is an
 * answer that did not fit. Sets response->route. */
void protocol_dispatch(const struct router *router, struct http_request *request,
                       struct http_response *response);

/* The error object {"error":...,"code":...[,"row":..][,"field":..]} with the status that err->code
 * stands for; every error any part of omen answers is made here. */
void protocol_answer_error(struct http_response *response, const struct err *err);
void protocol_answer_status(struct http_response *response, int status, const char *code,
                            const char *sentence);
int protocol_status_of(enum err_code code);

#endif
