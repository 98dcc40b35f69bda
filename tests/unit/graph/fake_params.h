/* Parameters and columns for tests of operators, without a format: written as a text in the test.
 *
 *     struct params *params = fake_params("{'op': 'standard_scaler', 'mean_': [1, 2]}");
 *     struct columns in = fake_columns("age sex:female,male");
 *
 * The text is JSON with ' for ", without escapes; what is malformed fails the test. */
#ifndef OMEN_TESTS_GRAPH_FAKE_PARAMS_H
#define OMEN_TESTS_GRAPH_FAKE_PARAMS_H

#include "graph/graph.h"
#include "graph/op.h"
#include "graph/params.h"

struct params *fake_params(const char *text);
void fake_params_destroy(struct params *params);

/* Columns from names between spaces; ":a,b" gives one its words, "~" makes it one of free text. */
struct columns fake_columns(const char *text);

/* op_create from a params text and a columns text; fails the test if that fails. */
struct op *fake_op(const char *params_text, const char *columns_text);

/* Asserts that op_create fails and that the sentence contains `part`. */
void fake_op_refused(const char *params_text, const char *columns_text, const char *part);

/* Runs op on rows x op->inputs numbers and asserts that output `output` is `expected` (rows x its
 * columns) within `tolerance` relative (0: the same bits; NaN agrees with NaN). */
void fake_run(const struct op *op, size_t rows, const double *in, uint32_t output,
              const double *expected, double tolerance);

/* Asserts that running fails with code, row and field. */
void fake_run_refused(const struct op *op, size_t rows, const double *in, enum err_code code,
                      int64_t row, const char *field);

/* fake_op, fake_run of output 0 and op_destroy in one. */
void fake_check(const char *params_text, const char *columns_text, size_t rows, const double *in,
                const double *expected, double tolerance);

/* Asserts that the names of op's columns, spaces between, are `expected`. */
void fake_names(const struct op *op, const char *expected);

#endif
