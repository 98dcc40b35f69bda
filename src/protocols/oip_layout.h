/* A model as tensors: which fields of the schema an input of the Open Inference Protocol fills, and
 * what its outputs are.
 *
 * Each field is a tensor of one column. Fields in a row named NAME_0, NAME_1 ... of one kind are
 * the columns of one tensor NAME besides: so are the inputs of ONNX files. A model of numbers that
 * has no such names is one matrix, "input-0"; its fields may be sent one by one as well. */
#ifndef OMEN_PROTOCOLS_OIP_LAYOUT_H
#define OMEN_PROTOCOLS_OIP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/graph.h"
#include "protocols/oip_datatype.h"

struct oip_tensor {
    const char *name; /* not NUL-terminated */
    size_t name_length;
    enum oip_datatype datatype;
    size_t first, count; /* its fields, its columns */
};

/* The tensors as metadata list them. for (size_t at = 0; oip_layout_next(schema, &at, &tensor);)
 */
bool oip_layout_next(const struct schema *schema, size_t *at, struct oip_tensor *tensor);
size_t oip_layout_count(const struct schema *schema);

/* A field or a tensor of several by its name. */
bool oip_layout_find(const struct schema *schema, const char *name, size_t length,
                     struct oip_tensor *tensor);
/* All fields as one matrix. */
struct oip_tensor oip_layout_matrix(const struct schema *schema);

/* What an output is sent as. */
enum oip_datatype oip_layout_output(const struct graph *graph, size_t output);
/* The output of a name, or of one that other servers use: predict, predict_proba, output-0. -1: the
 * model has none such. */
int oip_layout_find_output(const struct graph *graph, const char *name, size_t length);

#endif
