/* One test of ONNX's backend suite: a folder with model.onnx and test_data_set_N/{in,out}put_I.pb.
 */
#ifndef TESTS_ONNX_CASE_H
#define TESTS_ONNX_CASE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "formats/onnx_read.h"

/* Reads a whole file into the arena, NUL-terminated. False when it is not there. */
bool case_read_file(const char *path, struct arena *arena, char **data, size_t *size);

/* Runs every data set of the folder and compares. False with a sentence for the first that differs;
 * *sets counts those that passed. */
bool case_run(const char *folder, struct onnx_file *file, int *sets, struct err *err);

#endif
