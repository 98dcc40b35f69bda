/* What an XGBoost file expects of a row. */
#ifndef OMEN_FORMATS_XGBOOST_SCHEMA_H
#define OMEN_FORMATS_XGBOOST_SCHEMA_H

#include "formats/xgboost_document.h"
#include "graph/schema.h"

/* Numbers, or categories where the file names them; null is a missing value, and so is NaN. Sealed;
 * the caller finishes it whatever is returned. */
bool xgboost_schema_make(const struct xgboost_document *document, struct schema *schema,
                         struct err *err);

#endif
