/* Answers in the shape that TensorFlow Serving, KServe v1, Vertex AI and MLflow share: one for each
 * row, of one output by itself or of several by name; or by columns. */
#ifndef OMEN_PROTOCOLS_PREDICTIONS_H
#define OMEN_PROTOCOLS_PREDICTIONS_H

#include <stdbool.h>

#include "base/buf.h"
#include "protocols/choice.h"
#include "protocols/job.h"
#include "protocols/results.h"

/* In place of a bad row's answer there is what is wrong with it (row_faults.h).
 *
 * [answer, ...], or [{"name":answer, ...}, ...]. An output whose name ends in "_bytes" has its
 * words as {"b64":"..."}. */
void predictions_write_rows(struct buf *out, const struct job *job, const struct choices *choices,
                            const struct results_style *style);
/* One row of it. */
void predictions_write_row(struct buf *out, const struct job *job, const struct choices *choices,
                           size_t row, const struct results_style *style);
/* [answer, ...], or {"name":[answer, ...], ...}. */
void predictions_write_columns(struct buf *out, const struct job *job,
                               const struct choices *choices, const struct results_style *style);

#endif
