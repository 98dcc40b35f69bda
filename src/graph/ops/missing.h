/* What counts as missing in each column: missing_values of the imputer and the indicator. */
#ifndef OMEN_GRAPH_OPS_MISSING_H
#define OMEN_GRAPH_OPS_MISSING_H

#include <math.h>

#include "graph/op.h"

/* One cell per column of `in`, from params' "missing_values"; NaN says that NaN is missing. The
 * caller frees them. A number for a column of numbers; a word, or a number that is one, for a
 * column of words. */
bool missing_read(double **marks, struct params *params, const struct columns *in, struct err *err);

static inline bool missing_is(double mark, double cell)
{
    return isnan(mark) ? isnan(cell) : cell == mark;
}

/* Position of a text among words, as schema_normal_text spells both; -2, which no cell is, when it
 * is not there. */
#define MISSING_NO_WORD (-2.0)
double missing_word_code(const struct column *column, const char *text);

#endif
