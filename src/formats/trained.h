/* From a trainer's file to a model, alone or named by a document. */
#ifndef OMEN_FORMATS_TRAINED_H
#define OMEN_FORMATS_TRAINED_H

#include "formats/format.h"

/* Columns that other steps or a document's inputs made fit the trained operator: their number, and
 * free text where it is expected and nowhere else. Before the schema is taken out of `trained`. */
bool trained_check_columns(const struct trained *trained, const struct columns *columns,
                           struct err *err);

/* The operator becomes the graph's last step: `columns` is what comes in. Seals the graph and gives
 * outputs, labels and targets the trainer's names. What is taken is empty in `trained` afterwards.
 */
bool trained_append(struct trained *trained, struct graph *graph, struct columns *columns,
                    struct err *err);
/* Trainer, task and facts, where the artifact has none yet. */
void trained_describe(struct trained *trained, struct artifact *artifact);

/* A private copy, NUL-terminated, whose data the caller frees. */
bool format_copy(const struct format_file *file, struct format_file *copy, struct err *err);
/* Calls format->read, on a copy of a mapped file that it could not bear. */
bool format_read(const struct format *format, const struct format_file *file,
                 const struct format_settings *settings, struct trained *trained, struct err *err);

/* A trainer's file without a document. */
bool trained_load(const struct format *format, const struct format_file *file,
                  struct artifact *artifact, struct err *err);

#endif
