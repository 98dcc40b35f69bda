#include "math/forest_private.h"

#include <math.h>

static double previous(double x, enum forest_width width)
{
    if (width == FOREST_SINGLE)
        return (double)nextafterf((float)x, -INFINITY);
    return nextafter(x, -INFINITY);
}

/* The largest number of the width for which x < threshold, or x <= threshold, is true. NaN when
 * there is none. */
static double largest_yes(double threshold, bool equal, enum forest_width width)
{
    double x = width == FOREST_SINGLE ? (double)(float)threshold : threshold;
    if (isnan(x) || x < threshold || (equal && x == threshold))
        return x;
    return x == -(double)INFINITY ? (double)NAN : previous(x, width);
}

bool forest_missing_yes(enum forest_missing missing)
{
    return missing == FOREST_MISSING_YES || missing == FOREST_ZERO_YES;
}

struct forest_column forest_split_column(const struct forest_node *node)
{
    struct forest_column column = {.feature = node->feature, .fill = COLUMN_PLAIN};
    if (node->missing == FOREST_MISSING_ZERO)
        column.fill = COLUMN_ZERO_FILLED;
    else if (node->missing != FOREST_MISSING_NO && node->missing != FOREST_MISSING_YES)
        column.fill = COLUMN_ZERO_MISSING;
    return column;
}

/* Yes is x <= limit, NaN says yes too. */
static void split_missing_yes(struct forest_split *split, double limit)
{
    split->yes_first = true;
    split->threshold = limit;
    if (isnan(limit)) { /* whatever is there says no */
        split->column.form = COLUMN_PRESENT;
        split->threshold = -1.0;
    }
}

/* Yes is x <= limit, that is -x > the number before -limit; NaN says no. */
static void split_missing_no(struct forest_split *split, double limit, enum forest_width width)
{
    split->yes_first = false;
    split->column.form = COLUMN_NEGATED;
    if (isnan(limit)) {
        split->threshold = INFINITY;
    } else if (limit == (double)INFINITY) { /* whatever is there says yes */
        split->column.form = COLUMN_PRESENT;
        split->threshold = -1.0;
    } else {
        split->threshold = previous(-limit, width);
    }
}

struct forest_split forest_split_make(const struct forest_node *node, enum forest_width input)
{
    struct forest_split split = {.column = forest_split_column(node)};
    bool greater = node->test == FOREST_GREATER || node->test == FOREST_GREATER_EQUAL;
    /* x > threshold is where x <= threshold says no, but for a NaN threshold */
    bool swap = greater && !isnan(node->threshold);
    bool equal = node->test == (swap ? FOREST_GREATER : FOREST_LESS_EQUAL);
    double limit = largest_yes(node->threshold, equal, input);
    bool missing_yes = forest_missing_yes(node->missing) != swap;
    if (split.column.fill == COLUMN_ZERO_FILLED)
        missing_yes = !isnan(limit);
    if (missing_yes)
        split_missing_yes(&split, limit);
    else
        split_missing_no(&split, limit, input);
    split.yes_first = split.yes_first != swap;
    return split;
}
