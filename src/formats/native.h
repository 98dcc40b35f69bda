/* The model document, omen/1: see omen-model(5). This is what its parts share. */
#ifndef OMEN_FORMATS_NATIVE_H
#define OMEN_FORMATS_NATIVE_H

#include "formats/format.h"
#include "formats/node.h"
#include "formats/trained.h"

extern const struct format native_format;

/* Each reads one member of the document. The graph is sealed before outputs; golden rows and the
 * baseline come after them. What was read before a failure is freed by artifact_finish. */
bool native_inputs_read(const struct node *inputs, struct schema *schema, struct err *err);
/* The inputs of a model that a trainer's file describes: each member that is given takes the place
 * of what is known. By name if all names are known, else all of them in order. */
bool native_inputs_amend(const struct node *inputs, struct schema *schema, struct err *err);
bool native_outputs_read(const struct node *outputs, struct graph *graph, struct err *err);
bool native_golden_read(const struct node *node, const struct graph *graph, struct golden *golden,
                        struct err *err);
bool native_baseline_read(const struct node *node, const struct graph *graph,
                          struct baseline *baseline, struct err *err);

/* "model": {"file": ...}: the files beside the document. */
struct native_files {
    const struct format_file *files;
    size_t count;
    size_t document; /* which of them is the document */
};
/* True if the document's model is a trainer's file. */
bool native_names_file(const struct node *document);
/* Reads that file. The caller finishes `trained`. *format is what it is. */
bool native_sidecar_read(const struct node *document, const struct native_files *files,
                         struct trained *trained, const struct format **format, struct err *err);
/* Refuses a model file that a document with a model of its own does not name. */
bool native_refuse_others(const struct native_files *files, struct err *err);

/* The class that a document's word or number means; false when it is none. */
bool native_class_find(const struct graph *graph, const struct params_value *word, size_t *index);
/* The same for a label that is a key: 8 is "8" there. */
bool native_class_find_key(const struct graph *graph, const char *key, size_t *index);

#endif
