/* The parameters of an operator, read from a model document. */
#ifndef OMEN_FORMATS_NATIVE_PARAMS_H
#define OMEN_FORMATS_NATIVE_PARAMS_H

#include "base/arena.h"
#include "base/strmap.h"
#include "formats/node.h"
#include "graph/params.h"

struct native_params;

/* Owns every params made from one step. */
struct native_store {
    struct arena arena;
    struct strmap by_value; /* from a value's address to its params */
    struct native_params **all;
    size_t count, capacity;
};

void native_store_init(struct native_store *store);
void native_store_finish(struct native_store *store);

/* node is borrowed and has to outlive the store. NULL without memory. */
struct params *native_params_create(struct native_store *store, const struct node *node,
                                    struct err *err);

/* After the operator was made: refuses members it never asked for. */
bool native_store_check(const struct native_store *store, struct err *err);

#endif
