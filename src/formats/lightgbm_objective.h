/* From a LightGBM file's objective to its answers: LightGBM's own arithmetic, operation by
 * operation, so that results are equal to the last bit. */
#ifndef OMEN_FORMATS_LIGHTGBM_OBJECTIVE_H
#define OMEN_FORMATS_LIGHTGBM_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "formats/lightgbm_text.h"

enum lightgbm_link {
    LIGHTGBM_IDENTITY,
    LIGHTGBM_SIGMOID, /* 1 / (1 + exp(-sigmoid x)), of each column by itself */
    LIGHTGBM_SOFTMAX,
    LIGHTGBM_EXP,
    LIGHTGBM_LOG1P_EXP,
    LIGHTGBM_SIGNED_SQUARE,
};

struct lightgbm_objective {
    const char *name; /* "binary"; "custom" where the file has none */
    const char *task; /* "classification", "regression", "ranking" */
    enum lightgbm_link link;
    double sigmoid;
    size_t classes; /* of a classifier, else 0 */
};

/* `line` is what follows "objective=" (empty: there is none); the model has `columns` sums. */
bool lightgbm_objective_read(struct lightgbm_objective *objective, struct lightgbm_text line,
                             size_t columns, struct err *err);
/* What a document says instead. A custom objective becomes a classifier by "logistic" and
 * "softmax". */
bool lightgbm_objective_override(struct lightgbm_objective *objective, const char *link,
                                 size_t columns, struct err *err);
const char *lightgbm_link_name(enum lightgbm_link link);

/* LightGBM's ConvertOutput of one row: `raw` and `answer` hold `columns` numbers and may be the
 * same. */
void lightgbm_objective_convert(const struct lightgbm_objective *objective, const double *raw,
                                size_t columns, double *answer);

#endif
