/* The golden rows: a version that does not give its trainer's answers never goes live. */
#ifndef OMEN_REGISTRY_SELFTEST_H
#define OMEN_REGISTRY_SELFTEST_H

#include <stdbool.h>

#include "base/err.h"
#include "formats/format.h"

/* Runs every golden row and compares by PMML's rule (formats/format.h). Without golden rows, runs
 * one made-up row, so that the first request does not find everything cold. The message names row,
 * output, expected and got: they are the model author's, not a client's. */
bool selftest_run(const struct artifact *artifact, struct err *err);

#endif
