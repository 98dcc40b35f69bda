/* The trees of an XGBoost file, read one by one into a forest. */
#ifndef OMEN_FORMATS_XGBOOST_TREES_H
#define OMEN_FORMATS_XGBOOST_TREES_H

#include "formats/xgboost_document.h"
#include "math/forest.h"

/* The first `count` trees. NULL and err, with the number of the tree and the place in the file. */
struct forest *xgboost_trees_read(const struct xgboost_document *document, size_t count,
                                  struct err *err);

/* Trees that the settings ask for. */
bool xgboost_trees_count(const struct xgboost_document *document,
                         const struct format_settings *settings, size_t *count, struct err *err);

#endif
