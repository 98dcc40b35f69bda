/* What an objective makes of the base score and of margins, by its name and the file's release. */
#ifndef OMEN_FORMATS_XGBOOST_OBJECTIVE_H
#define OMEN_FORMATS_XGBOOST_OBJECTIVE_H

#include "formats/xgboost_document.h"
#include "formats/xgboost_model.h"

struct xgboost_objective {
    enum xgboost_link link;
    bool classifier;
    const char *task;
};

/* `link` names another link than the objective's own, or is NULL: then an objective that this build
 * does not know is refused. */
bool xgboost_objective_find(const struct xgboost_document *document, const char *link,
                            struct xgboost_objective *objective, struct err *err);

/* The margins before the first tree: xgboost_document_outputs of them, for the caller to free; NULL
 * and err if the file's are not of that number, or not within what the objective takes. */
float *xgboost_objective_base(const struct xgboost_document *document, struct err *err);

#endif
