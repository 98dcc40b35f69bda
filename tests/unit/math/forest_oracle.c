#include "forest_oracle.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

const uint32_t forest_set[] = {0x80000005u, 0x1u};

const enum forest_test forest_tests[FOREST_TESTS] = {
    FOREST_LESS,  FOREST_LESS_EQUAL, FOREST_GREATER,          FOREST_GREATER_EQUAL,
    FOREST_EQUAL, FOREST_IN_SET,     FOREST_IN_SET_TRUNCATED, FOREST_IN_SET_WHOLE};
const enum forest_missing forest_missings[FOREST_MISSINGS] = {
    FOREST_MISSING_NO, FOREST_MISSING_YES, FOREST_MISSING_ZERO, FOREST_ZERO_NO, FOREST_ZERO_YES};
const double forest_numbers[FOREST_NUMBERS] = {0.0,
                                               -0.0,
                                               0.1,
                                               (double)0.1f,
                                               -0.1,
                                               (double)-0.1f,
                                               -0.5,
                                               0.5,
                                               1.0,
                                               2.0,
                                               2.5,
                                               -2.0,
                                               31.0,
                                               32.0,
                                               33.0,
                                               63.0,
                                               64.0,
                                               1e-35,
                                               (double)1e-35f,
                                               1.0000001e-35,
                                               -1e-35,
                                               1e-46,
                                               -1e-46,
                                               5e-324,
                                               -5e-324,
                                               16777216.0,
                                               16777217.0,
                                               4294967296.0,
                                               -4294967296.0,
                                               1e10,
                                               1e39,
                                               -1e39,
                                               3.4028235677973366e38,
                                               (double)FLT_MAX,
                                               -(double)FLT_MAX,
                                               DBL_MAX,
                                               -DBL_MAX,
                                               (double)FLT_TRUE_MIN,
                                               -(double)FLT_TRUE_MIN,
                                               (double)INFINITY,
                                               -(double)INFINITY,
                                               (double)NAN};

static bool set_has(const struct forest_node *node, double category)
{
    if (category != trunc(category) || category < 0 || category >= (double)node->set_words * 32)
        return false;
    size_t c = (size_t)category;
    return (node->set[c / 32] >> (c % 32)) & 1;
}

bool forest_says_yes(const struct forest_node *node, double x)
{
    bool zero = node->missing == FOREST_ZERO_NO || node->missing == FOREST_ZERO_YES;
    if (isnan(x) && node->missing == FOREST_MISSING_ZERO)
        x = 0;
    if (isnan(x) || (zero && fabs(x) <= (double)1e-35f))
        return node->missing == FOREST_MISSING_YES || node->missing == FOREST_ZERO_YES;
    switch (node->test) {
    case FOREST_LESS:
        return x < node->threshold;
    case FOREST_LESS_EQUAL:
        return x <= node->threshold;
    case FOREST_GREATER:
        return x > node->threshold;
    case FOREST_GREATER_EQUAL:
        return x >= node->threshold;
    case FOREST_EQUAL:
        return x == node->threshold;
    case FOREST_IN_SET:
        return x >= 0 && set_has(node, trunc(x));
    case FOREST_IN_SET_TRUNCATED:
        return set_has(node, trunc(x));
    case FOREST_IN_SET_WHOLE:
        return set_has(node, x);
    case FOREST_LEAF:
        break;
    }
    return false;
}

uint32_t forest_expected_leaf(const struct forest_node *nodes, enum forest_width input,
                              const double *row)
{
    uint32_t i = 0;
    while (nodes[i].test != FOREST_LEAF) {
        double x = row[nodes[i].feature];
        if (input == FOREST_SINGLE)
            x = (double)(float)x;
        i = forest_says_yes(&nodes[i], x) ? nodes[i].yes : nodes[i].no;
    }
    return i;
}
