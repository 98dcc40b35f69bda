/* What every estimator must do, asked of each. */
#ifndef OMEN_TESTS_GRAPH_FAKE_ESTIMATOR_H
#define OMEN_TESTS_GRAPH_FAKE_ESTIMATOR_H

/* Of the operator made from params and columns (two or more columns of numbers) asserts that
 * - a row's answer has the same bits alone and in batches of 1 to 70 and 300 rows,
 * - an output has the same bits alone and with all the others,
 * - NaN and infinities are refused with row and field,
 * - a column of words is refused when the operator is made, and so is one column more. */
void fake_estimator_check(const char *params_text, const char *columns_text);

#endif
