/* Answers that are no JSON objects: CSV, JSON lines, NumPy arrays. */
#ifndef OMEN_PROTOCOLS_ENCODING_H
#define OMEN_PROTOCOLS_ENCODING_H

#include <stdbool.h>

#include "protocols/choice.h"
#include "protocols/job.h"
#include "protocols/results.h"

/* One line for each row, its values between commas. Where a row has one value, all of them are one
 * line between commas, unless `lines`. */
void encoding_write_csv(struct job *job, const struct choices *choices, bool lines);
void encoding_write_jsonl(struct job *job, const struct choices *choices,
                          const struct results_style *style);
/* All outputs side by side. False, and nothing is written, when one of them is words. */
bool encoding_write_npy(struct job *job, const struct choices *choices);

#endif
