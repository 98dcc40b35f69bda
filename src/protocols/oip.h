/* The Open Inference Protocol v2, as KServe, Triton and MLServer speak it: health, metadata and
 * inference under /v2. */
#ifndef OMEN_PROTOCOLS_OIP_H
#define OMEN_PROTOCOLS_OIP_H

#include "protocols/protocol.h"

extern const struct protocol protocol_oip;

/* What its sources share. */

/* The model that the path names: values[0], and values[1] the version where there is one. NULL when
 * the answer is an error, in Triton's words, which is written. The caller releases it. */
struct model *oip_acquire(const struct protocol_context *context, const struct router_match *match,
                          struct http_response *response);
void oip_answer_no_model(const struct router_match *match, const struct err *err,
                         struct http_response *response);

/* SageMaker passes no headers on, neither way: its containers for Triton say in the media type
 * where the JSON of a request and of an answer ends ("...;json-header-size=N"). */
#define OIP_SAGEMAKER_TYPE "application/vnd.sagemaker-triton.binary+json"

/* A request of that type: inference with the model that the path names, or else the default one. */
void oip_handle_invocation(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response);

void oip_handle_metadata(void *context, struct http_request *request,
                         const struct router_match *match, struct http_response *response);
void oip_handle_config(void *context, struct http_request *request,
                       const struct router_match *match, struct http_response *response);
void oip_handle_statistics(void *context, struct http_request *request,
                           const struct router_match *match, struct http_response *response);
void oip_handle_index(void *context, struct http_request *request, const struct router_match *match,
                      struct http_response *response);
void oip_handle_load(void *context, struct http_request *request, const struct router_match *match,
                     struct http_response *response);
void oip_handle_unload(void *context, struct http_request *request,
                       const struct router_match *match, struct http_response *response);

#endif
