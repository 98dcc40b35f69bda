#include <limits.h>
#include <string.h>

#include "formats/onnx_read.h"

/* What a program may hold: files carry their weights, and kernels lay them out anew. */
#define PROGRAM_MEMORY_MAX ((size_t)8 << 30)
#define IR_VERSION_MAX 100

/* The way through the file: what a graph needs of the whole. */
struct walk {
    const struct onnx_file *file;
    struct arena *arena; /* of the file: for what is borrowed while nodes are made */
    int depth;
};

static struct program *make_graph(struct walk *walk, const Onnx__Graph *graph, bool inner,
                                  struct err *err);

static const char *text(const char *given)
{
    return given != NULL ? given : "";
}

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "no memory to read the model");
}

/* Version of a domain's operator set; -1 when the file does not import it. */
static int64_t find_version(const Onnx__Model *model, const char *domain)
{
    if (strcmp(domain, "ai.onnx") == 0)
        domain = "";
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const char *imported = text(model->opset_import[i]->domain);
        if (strcmp(imported, "ai.onnx") == 0)
            imported = "";
        if (strcmp(imported, domain) == 0)
            return model->opset_import[i]->version;
    }
    return -1;
}

/* ---- types ---- */

static bool read_tensor_type(const Onnx__TensorType *type, struct value *value, struct err *err)
{
    int64_t dims[VALUE_RANK_MAX];
    enum value_type element =
        type->elem_type > 0 ? (enum value_type)type->elem_type : VALUE_UNKNOWN;
    if (type->shape == NULL)
        return value_describe(value, element, NULL, VALUE_RANK_UNKNOWN, err);
    if (type->shape->n_dim > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "it has %zu dimensions, at most %d are supported",
                       type->shape->n_dim, VALUE_RANK_MAX);
    for (size_t i = 0; i < type->shape->n_dim; i++) {
        const Onnx__Dimension *dim = type->shape->dim[i];
        /* A dimension of 0 in a declaration means "any" in many files; -1 too. */
        dims[i] = dim->has_dim_value && dim->dim_value > 0 ? dim->dim_value : VALUE_ANY;
    }
    return value_describe(value, element, dims, (int)type->shape->n_dim, err);
}

/* VALUE_NOTHING when the file does not tell. */
static bool read_type(const Onnx__ValueInfo *info, struct value *value, struct err *err)
{
    const Onnx__Type *type = info->type;
    *value = (struct value){.kind = VALUE_NOTHING};
    if (type == NULL)
        return true;
    if (type->sequence_type != NULL)
        value->kind = VALUE_SEQUENCE;
    else if (type->map_type != NULL)
        value->kind = VALUE_MAP;
    else if (type->tensor_type != NULL && !read_tensor_type(type->tensor_type, value, err))
        return err_prefix(err, "the value %.80s", text(info->name));
    return true;
}

/* ---- attributes ---- */

enum file_kind { F = 1, I, S, T, G, FS, IS, SS };

/* Files before IR version 4 need not say the kind: then the field that is there tells. */
static int kind_of(const Onnx__Attribute *from)
{
    if (from->has_type && from->type != 0)
        return from->type;
    if (from->has_f)
        return F;
    if (from->has_i)
        return I;
    if (from->has_s)
        return S;
    if (from->t != NULL)
        return T;
    if (from->g != NULL)
        return G;
    return from->n_floats > 0 ? FS : from->n_strings > 0 ? SS : IS;
}

static bool read_string_list(struct walk *walk, const Onnx__Attribute *from, struct attribute *to,
                             struct err *err)
{
    struct value_string *strings = arena_array(walk->arena, from->n_strings, sizeof *strings);
    if (strings == NULL)
        return no_memory(err);
    for (size_t i = 0; i < from->n_strings; i++)
        strings[i] =
            (struct value_string){(const char *)from->strings[i].data, from->strings[i].len};
    to->kind = ATTRIBUTE_STRINGS;
    to->strings = strings;
    to->count = from->n_strings;
    return true;
}

static bool read_tensor(struct walk *walk, const Onnx__Tensor *from, struct attribute *to,
                        struct err *err)
{
    to->kind = ATTRIBUTE_TENSOR;
    if (from == NULL)
        return err_set(err, ERR_INVALID, "it has no tensor");
    return onnx_tensor_read(from, &to->tensor, walk->arena, err);
}

static bool read_graph(struct walk *walk, const Onnx__Graph *from, struct attribute *to,
                       struct err *err)
{
    to->kind = ATTRIBUTE_GRAPH;
    if (from == NULL)
        return err_set(err, ERR_INVALID, "it has no graph");
    to->graph = make_graph(walk, from, true, err);
    return to->graph != NULL;
}

static bool read_attribute(struct walk *walk, const Onnx__Attribute *from, struct attribute *to,
                           struct err *err)
{
    to->name = text(from->name);
    to->number = from->f;
    to->integer = from->i;
    to->string = (struct value_string){(const char *)from->s.data, from->s.len};
    switch (kind_of(from)) {
    case F:
        to->kind = ATTRIBUTE_FLOAT;
        return true;
    case I:
        to->kind = ATTRIBUTE_INT;
        return true;
    case S:
        to->kind = ATTRIBUTE_STRING;
        return true;
    case T:
        return read_tensor(walk, from->t, to, err);
    case G:
        return read_graph(walk, from->g, to, err);
    case FS:
        to->kind = ATTRIBUTE_FLOATS;
        to->numbers = from->floats;
        to->count = from->n_floats;
        return true;
    case IS:
        to->kind = ATTRIBUTE_INTS;
        to->integers = from->ints;
        to->count = from->n_ints;
        return true;
    case SS:
        return read_string_list(walk, from, to, err);
    default:
        return err_set(err, ERR_UNSUPPORTED, "its kind (%d) is not supported", kind_of(from));
    }
}

/* Programs that no kernel took. */
static void drop_graphs(struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        if (attributes->items[i].kind == ATTRIBUTE_GRAPH)
            program_destroy(attributes->items[i].graph);
    }
}

static bool read_attributes(struct walk *walk, const Onnx__Node *from,
                            struct attributes *attributes, struct err *err)
{
    attributes->items = arena_zeroed(walk->arena, from->n_attribute, sizeof *attributes->items);
    if (attributes->items == NULL)
        return no_memory(err);
    for (size_t i = 0; i < from->n_attribute; i++) {
        attributes->count = i + 1;
        if (!read_attribute(walk, from->attribute[i], &attributes->items[i], err))
            return err_prefix(err, "the attribute %.80s", text(from->attribute[i]->name));
    }
    return true;
}

/* ---- nodes ---- */

/* protobuf-c has no const in its lists of strings. */
static const char *const *strings(char *const *list)
{
    const char *const *same;
    memcpy(&same, &list, sizeof same);
    return same;
}

static bool add_node(struct walk *walk, struct program *program, const Onnx__Node *from,
                     struct err *err)
{
    struct program_node node = {
        .domain = text(from->domain),
        .type = text(from->op_type),
        .name = text(from->name),
        .inputs = strings(from->input),
        .input_count = from->n_input,
        .outputs = strings(from->output),
        .output_count = from->n_output,
    };
    node.version = find_version(walk->file->model, node.domain);
    if (node.version < 0)
        return err_set(err, ERR_INVALID,
                       "the node %.80s (%.80s) is of the domain \"%.80s\", which the file does not "
                       "import",
                       node.name, node.type, node.domain);
    struct arena_mark mark = arena_mark(walk->arena);
    bool good = read_attributes(walk, from, &node.attributes, err) ||
                err_prefix(err, "the node %.80s (%.80s)", node.name, node.type);
    good = good && program_add_node(program, &node, err);
    drop_graphs(&node.attributes);
    arena_rewind(walk->arena, mark);
    return good;
}

static bool add_initializer(struct program *program, const Onnx__Tensor *from, struct err *err)
{
    struct value value;
    if (!onnx_tensor_read(from, &value, program_arena(program), err))
        return err_prefix(err, "the constant %.80s", text(from->name));
    return program_add_constant(program, text(from->name), &value, err);
}

static bool is_initializer(const struct strmap *initializers, const char *name)
{
    return strmap_get(initializers, name, strlen(name)) != STRMAP_NONE;
}

/* Before IR version 4 every constant is listed among the inputs as well: those stay constants. */
static bool add_ends(struct program *program, const Onnx__Graph *graph,
                     const struct strmap *initializers, struct err *err)
{
    struct value type;
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__ValueInfo *info = graph->input[i];
        if (is_initializer(initializers, text(info->name)))
            continue;
        if (!read_type(info, &type, err) ||
            !program_add_input(program, text(info->name), &type, err))
            return false;
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        const Onnx__ValueInfo *info = graph->output[i];
        if (!read_type(info, &type, err) ||
            !program_add_output(program, text(info->name), &type, err))
            return false;
    }
    return true;
}

static bool fill(struct walk *walk, struct program *program, const Onnx__Graph *graph,
                 struct err *err)
{
    struct strmap initializers = STRMAP_INIT;
    bool good = true;
    if (graph->n_sparse_initializer > 0)
        return err_set(err, ERR_UNSUPPORTED, "sparse constants are not supported");
    for (size_t i = 0; good && i < graph->n_initializer; i++) {
        uint32_t existing;
        const char *name = text(graph->initializer[i]->name);
        good = (strmap_add(&initializers, name, strlen(name), (uint32_t)i, &existing) ||
                no_memory(err)) &&
               add_initializer(program, graph->initializer[i], err);
    }
    good = good && add_ends(program, graph, &initializers, err);
    strmap_finish(&initializers);
    for (size_t i = 0; good && i < graph->n_node; i++)
        good = add_node(walk, program, graph->node[i], err);
    return good && program_seal(program, err);
}

static struct program *make_graph(struct walk *walk, const Onnx__Graph *graph, bool inner,
                                  struct err *err)
{
    if (walk->depth >= PROGRAM_DEPTH_MAX) {
        err_set(err, ERR_LIMIT, "graphs lie within graphs more than %d deep", PROGRAM_DEPTH_MAX);
        return NULL;
    }
    struct program *program = program_create(inner, PROGRAM_MEMORY_MAX, err);
    walk->depth++;
    if (program != NULL && !fill(walk, program, graph, err)) {
        program_destroy(program);
        program = NULL;
    }
    walk->depth--;
    return program;
}

struct program *onnx_program_create(struct onnx_file *file, struct err *err)
{
    struct walk walk = {.file = file, .arena = &file->arena};
    const Onnx__Model *model = file->model;
    if (model->ir_version < 1 || model->ir_version > IR_VERSION_MAX) {
        err_set(err, ERR_UNSUPPORTED, "it has the IR version %lld", (long long)model->ir_version);
        return NULL;
    }
    if (model->n_functions > 0) {
        err_set(err, ERR_UNSUPPORTED,
                "it defines the function %.80s; functions are not supported: inline them (onnx has "
                "onnx.inliner) or export without them",
                text(model->functions[0]->name));
        return NULL;
    }
    if (model->graph == NULL) {
        err_set(err, ERR_INVALID, "it has no graph");
        return NULL;
    }
    return make_graph(&walk, model->graph, false, err);
}
