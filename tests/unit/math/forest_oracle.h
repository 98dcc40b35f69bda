/* Judges a tree by a walk over its nodes as they are described in math/forest.h. */
#ifndef OMEN_TESTS_FOREST_ORACLE_H
#define OMEN_TESTS_FOREST_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "math/forest.h"

#define FOREST_TESTS 8
#define FOREST_MISSINGS 5
#define FOREST_NUMBERS 42

extern const enum forest_test forest_tests[FOREST_TESTS];
extern const enum forest_missing forest_missings[FOREST_MISSINGS];
/* Those at which something turns. */
extern const double forest_numbers[FOREST_NUMBERS];
/* 0, 2, 31, 32 */
extern const uint32_t forest_set[2];

bool forest_says_yes(const struct forest_node *node, double x);
/* The index of the leaf's node. */
uint32_t forest_expected_leaf(const struct forest_node *nodes, enum forest_width input,
                              const double *row);

#endif
