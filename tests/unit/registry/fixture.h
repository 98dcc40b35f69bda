/* A registry over a directory of a test, and what it told. */
#ifndef OMEN_TESTS_REGISTRY_FIXTURE_H
#define OMEN_TESTS_REGISTRY_FIXTURE_H

#include "base/buf.h"
#include "base/metrics.h"
#include "directory.h"
#include "registry/registry.h"

struct fixture {
    struct directory directory;
    struct metrics *metrics;
    struct registry *registry;
    struct buf told; /* "event model version\n" each; loader thread only */
    struct buf reasons;
};

/* For cmocka's set-up and tear-down. */
int fixture_make(void **state);
int fixture_drop(void **state);

/* Scans and expects exactly these events. */
void fixture_scan(struct fixture *fixture, const char *expected);
/* What x = 0 is answered by the model, -1 when it is not live. *version (if not NULL) is 0-filled
 * text of 32 bytes. */
double fixture_answer(struct fixture *fixture, const char *name, const char *version,
                      char *answered_by);
/* Expects the default version of `name` to be `version` and to answer `value`. */
void fixture_expect(struct fixture *fixture, const char *name, const char *version, double value);

#endif
