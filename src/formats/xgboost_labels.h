/* The classes' names in an XGBoost file: its scikit-learn wrapper encoded labels itself up to 1.5
 * and left them, with other things of its own, in the attribute "scikit_learn", a JSON text. Later
 * releases take classes 0, 1, 2 ... only. */
#ifndef OMEN_FORMATS_XGBOOST_LABELS_H
#define OMEN_FORMATS_XGBOOST_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "graph/graph.h"

/* *labels: `classes` of them, or NULL where the text has no list of so many words or whole numbers.
 * The text is a remark of the wrapper's: nothing in it is wrong. False without memory only. */
bool xgboost_labels_read(const char *text, size_t classes, struct graph_label **labels,
                         struct err *err);

#endif
