/* An inference request of the Open Inference Protocol v2: what it says, before it meets the model's
 * schema. JSON by itself, JSON followed by the bytes of binary tensors (the header
 * Inference-Header-Content-Length says where they begin), or the bytes of the only input alone (the
 * header is 0). */
#ifndef OMEN_PROTOCOLS_OIP_REQUEST_H
#define OMEN_PROTOCOLS_OIP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/json.h"
#include "protocols/body.h"
#include "protocols/job.h"
#include "protocols/oip_layout.h"

#define OIP_RANK_MAX 8
#define OIP_OUTPUTS_MAX (OP_OUTPUTS_MAX + 4) /* as many names as outputs can be asked for by */

struct oip_input {
    const char *name; /* not NUL-terminated */
    size_t name_length;
    enum oip_datatype datatype;
    size_t shape[OIP_RANK_MAX];
    size_t rank;
    size_t elements;         /* product of the shape */
    const struct json *data; /* NULL: binary */
    const char *bytes;
    size_t size;
    bool base64; /* BYTES as JSON: each is base 64 */
};

struct oip_output {
    const char *name; /* as it was asked for; not NUL-terminated */
    size_t name_length;
    size_t output;
    bool binary;
    size_t classes; /* of the classification extension; 0: the output as it is */
};

struct oip_request {
    struct job job;
    struct body body;
    struct json *root;
    const char *json_size;   /* SageMaker's: where the JSON ends, by the Content-Type; else NULL */
    bool has_header;         /* Inference-Header-Content-Length */
    bool is_raw;             /* the whole body is the only input */
    const char *bytes, *end; /* binary tensors not yet taken */
    const char *id;          /* NULL: none */
    size_t id_length;
    struct oip_input *inputs;
    size_t input_count;
    struct oip_output outputs[OIP_OUTPUTS_MAX];
    size_t output_count;
    bool binary_output; /* of outputs that are not listed */
    bool bare_nan;      /* NaN and infinities as JavaScript spells them, not null */
};

/* job.context, request and response, and the model, are there. False when the answer is an error,
 * which is written. oip_request_finish after both. */
bool oip_request_read(struct oip_request *oip);
void oip_request_finish(struct oip_request *oip);

#define OIP_NO_INDEX SIZE_MAX

/* Writes an error of status 400 that names the input (may be NULL) and the index of an element.
 * Returns false. */
bool oip_refuse(struct oip_request *oip, const char *code, const struct oip_input *input,
                size_t index, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* For sentences: a client's name cut to what is told back. "%.*s" of OIP_NAME(input) */
#define OIP_NAME(tensor) \
    (int)((tensor)->name_length < 64 ? (tensor)->name_length : 64), (tensor)->name

#endif
