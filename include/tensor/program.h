/* A tensor program: nodes in the order they run, with constants, inputs and outputs.
 *
 * A reader (formats/onnx) adds constants, inputs and nodes and seals it. Sealing checks types and
 * shapes as far as they are known, computes what depends on constants only, drops what nobody
 * reads, makes one node of a network's layer, and finds out when each value is read last. A sealed
 * program is const: any number of threads run it, each with its own arena. */
#ifndef OMEN_TENSOR_PROGRAM_H
#define OMEN_TENSOR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strmap.h"
#include "tensor/attributes.h"
#include "tensor/kernel.h"
#include "tensor/value.h"

/* How deep programs may lie within programs (If in If, ...). */
#define PROGRAM_DEPTH_MAX 16
/* More nodes than any file that people serve has. */
#define PROGRAM_NODES_MAX ((size_t)1000000)

struct program;

/* One node as the file describes it. Everything is borrowed. */
struct program_node {
    const char *domain, *type, *name;
    int64_t version;           /* of the domain's operator set */
    const char *const *inputs; /* names; "" for one that is not given */
    size_t input_count;
    const char *const *outputs;
    size_t output_count;
    struct attributes attributes;
};

/* inner: it will lie within another one, and names that it does not define are values of programs
 * around it. memory_limit: bytes that the program itself may hold, 0 for none. NULL and err without
 * memory. */
struct program *program_create(bool inner, size_t memory_limit, struct err *err);
void program_destroy(struct program *program); /* accepts NULL and half-made ones */

/* Where constants and attributes that live as long as the program are made. */
struct arena *program_arena(struct program *program);

/* **Keeps** value's elements, which live at least as long as the program. Names are copied and must
 * be new. */
bool program_add_constant(struct program *program, const char *name, const struct value *value,
                          struct err *err);
/* expected: type and shape as far as the file tells. */
bool program_add_input(struct program *program, const char *name, const struct value *expected,
                       struct err *err);
/* Nodes may come in any order; program_seal sorts them and refuses cycles. The kernel's create is
 * called at once. */
bool program_add_node(struct program *program, const struct program_node *node, struct err *err);
/* expected: as above, or kind VALUE_NOTHING when the file does not tell. */
bool program_add_output(struct program *program, const char *name, const struct value *expected,
                        struct err *err);
bool program_seal(struct program *program, struct err *err);

/* Nodes that run: those that are not computed at load, a layer as one. */
size_t program_node_count(const struct program *program);
/* Memory it holds. */
size_t program_bytes(const struct program *program);

size_t program_input_count(const struct program *program);
size_t program_output_count(const struct program *program);
const char *program_input_name(const struct program *program, size_t i);
const char *program_output_name(const struct program *program, size_t i);
/* What is known at load of an input or an output; `data` is there when an output is constant. */
const struct value *program_input(const struct program *program, size_t i);
const struct value *program_output(const struct program *program, size_t i);

/* Runs it. inputs: program_input_count values that stay the caller's. outputs: filled with
 * program_output_count values that live in memory's arena (or in the program). A value that the
 * caller is done with may be given back with memory_release. */
bool program_run(const struct program *program, const struct value *inputs, struct value *outputs,
                 struct memory *memory, struct err *err);

/* ---- for a kernel that holds a program (If, Loop, Scan) ---- */

/* Types and shapes of the outputs at load, from inputs that may be partly known. */
bool program_infer_inner(const struct program *inner, const struct call *call,
                         const struct value *inputs, struct value *outputs, struct err *err);
/* Runs it. inputs stay the caller's; outputs become the caller's, who hands them on with call_share
 * and gives them back with memory_release. */
bool program_run_inner(const struct program *inner, const struct call *call,
                       const struct value *inputs, struct value *outputs, struct err *err);

#endif
