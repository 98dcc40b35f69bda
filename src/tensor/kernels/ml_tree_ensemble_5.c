/* TreeEnsemble, version 5: branches and leaves in separate arrays, sets of members. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml_trees.h"

enum { LEQ, LT, GTE, GT, EQ, NEQ, MEMBER, MODES };

/* Sets of whole numbers below this are kept as bits. */
enum { BITS_MAX = 1 << 16 };

struct description {
    struct ml_ints roots, features, yes, yes_leaf, no, no_leaf, tracks, leaf_outputs;
    const struct value *modes, *splits, *members, *weights;
    size_t count, leaf_count;
    double *numbers; /* of members */
    size_t *sets;    /* of a MEMBER node: where its members begin */
    size_t *sizes;
};

static bool ints(const struct attributes *attributes, const char *name, size_t count,
                 struct ml_ints *list, struct err *err)
{
    if (!attributes_ints(attributes, name, &list->data, &list->count, err))
        return false;
    if (list->count != count)
        return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", name, list->count, count);
    return true;
}

static bool tensor(const struct attributes *attributes, const char *name, size_t count,
                   const struct value **value, struct err *err)
{
    if (!attributes_tensor(attributes, name, value, err))
        return false;
    if (*value == NULL || (*value)->count != count)
        return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", name,
                       *value ? (*value)->count : 0, count);
    return true;
}

static bool is_floating(const struct value *value)
{
    return value->type == VALUE_FLOAT || value->type == VALUE_DOUBLE;
}

static double number(const struct value *value, size_t i)
{
    return value->type == VALUE_DOUBLE ? value->doubles[i] : (double)value->floats[i];
}

static bool description_read(struct description *d, const struct attributes *attributes,
                             struct err *err)
{
    if (!attributes_ints(attributes, "nodes_featureids", &d->features.data, &d->features.count,
                         err) ||
        !attributes_ints(attributes, "leaf_targetids", &d->leaf_outputs.data,
                         &d->leaf_outputs.count, err) ||
        !attributes_ints(attributes, "tree_roots", &d->roots.data, &d->roots.count, err))
        return false;
    d->count = d->features.count;
    d->leaf_count = d->leaf_outputs.count;
    if (!ints(attributes, "nodes_truenodeids", d->count, &d->yes, err) ||
        !ints(attributes, "nodes_trueleafs", d->count, &d->yes_leaf, err) ||
        !ints(attributes, "nodes_falsenodeids", d->count, &d->no, err) ||
        !ints(attributes, "nodes_falseleafs", d->count, &d->no_leaf, err) ||
        !tensor(attributes, "nodes_modes", d->count, &d->modes, err) ||
        !tensor(attributes, "nodes_splits", d->count, &d->splits, err) ||
        !tensor(attributes, "leaf_weights", d->leaf_count, &d->weights, err) ||
        !attributes_tensor(attributes, "membership_values", &d->members, err))
        return false;
    const char *tracks = "nodes_missing_value_tracks_true";
    if (attributes_has(attributes, tracks) && !ints(attributes, tracks, d->count, &d->tracks, err))
        return false;
    if (d->modes->type != VALUE_UINT8 || !is_floating(d->splits) || !is_floating(d->weights) ||
        (d->members != NULL && !is_floating(d->members)))
        return err_set(err, ERR_INVALID, "a tensor of the trees has a type that does not fit");
    return true;
}

/* The sets, one after the other in the order of the MEMBER nodes, each ended by NaN (the last need
 * not be). */
static bool sets_find(struct description *d, struct arena *arena, struct err *err)
{
    size_t member_count = d->members ? d->members->count : 0, at = 0;
    d->numbers = arena_array(arena, member_count + 1, sizeof *d->numbers);
    d->sets = mem_array(d->count, sizeof *d->sets);
    d->sizes = mem_array(d->count, sizeof *d->sizes);
    if (!d->numbers || !d->sets || !d->sizes)
        return err_set(err, ERR_MEMORY, "no memory for %zu nodes of trees", d->count);
    for (size_t i = 0; i < member_count; i++)
        d->numbers[i] = number(d->members, i);
    for (size_t i = 0; i < d->count; i++) {
        if (d->modes->uint8s[i] >= MODES)
            return err_set(err, ERR_UNSUPPORTED, "node %zu has the mode %d, which is not known", i,
                           d->modes->uint8s[i]);
        if (d->modes->uint8s[i] != MEMBER)
            continue;
        if (at >= member_count)
            return err_set(err, ERR_INVALID, "node %zu has no members", i);
        d->sets[i] = at;
        while (at < member_count && !isnan(d->numbers[at]))
            at++;
        d->sizes[i] = at - d->sets[i];
        at++;
    }
    return true;
}

static size_t features_of(const struct description *d)
{
    int64_t largest = -1;
    for (size_t i = 0; i < d->count; i++)
        largest = d->features.data[i] > largest ? d->features.data[i] : largest;
    return largest < INT32_MAX ? (size_t)(largest + 1) : 0;
}

static bool is_small_set(const struct description *d, size_t node)
{
    for (size_t i = 0; i < d->sizes[node]; i++) {
        double member = d->numbers[d->sets[node] + i];
        if (!(member >= 0 && member < BITS_MAX && member == floor(member)))
            return false;
    }
    return true;
}

/* ---- one tree, from its root ---- */

struct walk {
    const struct description *d;
    struct ml_trees *trees;
    struct ml_member_column *columns;
    struct forest_node *nodes; /* of this tree; room for each branch and two leaves per branch */
    struct ml_weight *weights;
    size_t *origins;        /* of the nodes that are branches: their places in the file */
    unsigned char *visited; /* branches, over all trees */
    uint32_t *bits;         /* of the sets of this tree */
    size_t count, weight_count, words, words_room;
};

static bool walk_leaf(struct walk *walk, int64_t leaf, size_t *place, struct err *err)
{
    const struct description *d = walk->d;
    if (leaf < 0 || (uint64_t)leaf >= d->leaf_count)
        return err_set(err, ERR_INVALID, "a node leads to leaf %lld of %zu", (long long)leaf,
                       d->leaf_count);
    int64_t output = d->leaf_outputs.data[leaf];
    if (output < 0 || (uint64_t)output >= walk->trees->outputs)
        return err_set(err, ERR_INVALID, "leaf %lld is for output %lld of %zu", (long long)leaf,
                       (long long)output, walk->trees->outputs);
    *place = walk->count++;
    walk->nodes[*place] = (struct forest_node){.test = FOREST_LEAF};
    walk->weights[walk->weight_count++] =
        (struct ml_weight){*place, (uint32_t)output, number(d->weights, (size_t)leaf)};
    return true;
}

/* Reserves a node's place; its own test is made when its turn comes. */
static bool walk_branch(struct walk *walk, int64_t branch, size_t *place, struct err *err)
{
    if (branch < 0 || (uint64_t)branch >= walk->d->count)
        return err_set(err, ERR_INVALID, "a node leads to node %lld of %zu", (long long)branch,
                       walk->d->count);
    if (walk->visited[branch])
        return err_set(err, ERR_INVALID, "node %lld is reached twice", (long long)branch);
    walk->visited[branch] = 1;
    *place = walk->count++;
    walk->origins[*place] = (size_t)branch;
    walk->nodes[*place] = (struct forest_node){.test = FOREST_EQUAL};
    return true;
}

static bool walk_set(struct walk *walk, size_t origin, struct forest_node *node, struct err *err)
{
    const struct description *d = walk->d;
    if (!is_small_set(d, origin)) {
        size_t column = walk->trees->member_column_count++;
        walk->columns[column] = (struct ml_member_column){(uint32_t)d->features.data[origin],
                                                          d->sets[origin], d->sizes[origin]};
        node->test = FOREST_GREATER;
        node->feature = (uint32_t)(walk->trees->features + column);
        node->threshold = 0.5;
        return true;
    }
    size_t largest = 0;
    for (size_t i = 0; i < d->sizes[origin]; i++) {
        size_t member = (size_t)d->numbers[d->sets[origin] + i];
        largest = member > largest ? member : largest;
    }
    size_t words = largest / 32 + 1;
    if (walk->words + words > walk->words_room)
        return err_set(err, ERR_LIMIT, "the sets of the trees are too large");
    uint32_t *bits = walk->bits + walk->words;
    walk->words += words;
    memset(bits, 0, words * sizeof *bits);
    for (size_t i = 0; i < d->sizes[origin]; i++) {
        size_t member = (size_t)d->numbers[d->sets[origin] + i];
        bits[member / 32] |= UINT32_C(1) << (member % 32);
    }
    node->test = FOREST_IN_SET_WHOLE;
    node->set = bits;
    node->set_words = words;
    return true;
}

static bool walk_test(struct walk *walk, size_t place, struct err *err)
{
    static const enum forest_test tests[] = {FOREST_LESS_EQUAL, FOREST_LESS,  FOREST_GREATER_EQUAL,
                                             FOREST_GREATER,    FOREST_EQUAL, FOREST_EQUAL};
    const struct description *d = walk->d;
    struct forest_node *node = &walk->nodes[place];
    size_t origin = walk->origins[place], yes, no;
    int mode = d->modes->uint8s[origin];
    bool tracks = d->tracks.count != 0 && d->tracks.data[origin] != 0;
    if (d->features.data[origin] < 0 || d->features.data[origin] >= INT32_MAX)
        return err_set(err, ERR_INVALID, "node %zu tests feature %lld", origin,
                       (long long)d->features.data[origin]);
    if (!(d->yes_leaf.data[origin] ? walk_leaf(walk, d->yes.data[origin], &yes, err)
                                   : walk_branch(walk, d->yes.data[origin], &yes, err)) ||
        !(d->no_leaf.data[origin] ? walk_leaf(walk, d->no.data[origin], &no, err)
                                  : walk_branch(walk, d->no.data[origin], &no, err)))
        return false;
    *node = (struct forest_node){
        .missing = tracks ? FOREST_MISSING_YES : FOREST_MISSING_NO,
        .feature = (uint32_t)d->features.data[origin],
        .threshold = number(d->splits, origin),
        .yes = (uint32_t)(mode == NEQ ? no : yes),
        .no = (uint32_t)(mode == NEQ ? yes : no),
    };
    if (mode == NEQ) /* NaN is not equal */
        node->missing = FOREST_MISSING_NO;
    if (mode == MEMBER)
        return walk_set(walk, origin, node, err);
    node->test = tests[mode];
    return true;
}

static bool walk_tree(struct walk *walk, int64_t root, struct forest_builder *builder,
                      struct err *err)
{
    size_t place;
    walk->count = walk->weight_count = walk->words = 0;
    if (!walk_branch(walk, root, &place, err))
        return false;
    for (place = 0; place < walk->count; place++)
        if (walk->nodes[place].test != FOREST_LEAF && !walk_test(walk, place, err))
            return false;
    return ml_trees_add(builder, walk->trees, walk->nodes, walk->count, walk->weights,
                        walk->weight_count, err);
}

/* ---- the forest ---- */

static bool walk_init(struct walk *walk, struct arena *arena, struct err *err)
{
    size_t count = walk->d->count;
    size_t sets = 0;
    for (size_t i = 0; i < count; i++)
        sets += walk->d->modes->uint8s[i] == MEMBER;
    walk->words_room = sets < 4096 ? sets * (BITS_MAX / 32) : (size_t)4096 * (BITS_MAX / 32);
    walk->columns = arena_zeroed(arena, sets + 1, sizeof *walk->columns);
    walk->trees->spans = arena_zeroed(arena, walk->d->roots.count + 1, sizeof *walk->trees->spans);
    walk->nodes = mem_array(3 * count + 1, sizeof *walk->nodes);
    walk->weights = mem_array(2 * count + 1, sizeof *walk->weights);
    walk->origins = mem_array(3 * count + 1, sizeof *walk->origins);
    walk->visited = mem_array(count, 1);
    walk->bits = mem_array(walk->words_room, sizeof *walk->bits);
    walk->trees->member_columns = walk->columns;
    walk->trees->members = walk->d->numbers;
    if (walk->columns && walk->trees->spans && walk->nodes && walk->weights && walk->origins &&
        walk->visited && walk->bits)
        return true;
    return err_set(err, ERR_MEMORY, "no memory for %zu nodes of trees", count);
}

static void walk_finish(struct walk *walk)
{
    free(walk->nodes);
    free(walk->weights);
    free(walk->origins);
    free(walk->visited);
    free(walk->bits);
}

/* How many columns the sets will need besides the features of the model. */
static size_t count_member_columns(const struct description *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++)
        count += d->modes->uint8s[i] == MEMBER && !is_small_set(d, i);
    return count;
}

static bool forest_make(const struct description *d, struct ml_trees *trees, struct arena *arena,
                        struct err *err)
{
    struct walk walk = {.d = d, .trees = trees};
    bool wide = d->splits->type == VALUE_DOUBLE;
    trees->features = features_of(d);
    trees->wide_input = trees->wide_sum = wide;
    struct forest_shape shape = {
        .input = wide ? FOREST_DOUBLE : FOREST_SINGLE,
        .sum = wide ? FOREST_DOUBLE : FOREST_SINGLE,
        .features = trees->features + count_member_columns(d),
        .outputs = trees->outputs,
    };
    struct forest_builder *builder = forest_builder_create(&shape, err);
    bool built = builder != NULL && walk_init(&walk, arena, err);
    for (size_t t = 0; built && t < d->roots.count; t++)
        built = walk_tree(&walk, d->roots.data[t], builder, err);
    walk_finish(&walk);
    if (!built) {
        forest_builder_destroy(builder);
        return false;
    }
    trees->forest = forest_build(builder, err);
    return trees->forest != NULL;
}

static bool settings_read(struct ml_trees *trees, const struct attributes *attributes,
                          struct err *err)
{
    /* The standard says 1 SOFTMAX, 2 LOGISTIC; ONNX Runtime, whose numbers count, has it thus. */
    static const enum ml_transform transforms[] = {ML_NONE, ML_LOGISTIC, ML_SOFTMAX,
                                                   ML_SOFTMAX_ZERO, ML_PROBIT};
    int64_t targets = 1, aggregate = ML_SUM, transform = 0;
    if (!attributes_int(attributes, "n_targets", &targets, err) ||
        !attributes_int(attributes, "aggregate_function", &aggregate, err) ||
        !attributes_int(attributes, "post_transform", &transform, err))
        return false;
    if (targets < 1 || targets > INT32_MAX || aggregate < ML_AVERAGE || aggregate > ML_MAX ||
        transform < 0 || transform > 4)
        return err_set(err, ERR_INVALID,
                       "n_targets, aggregate_function or post_transform is out of range");
    trees->outputs = (size_t)targets;
    trees->aggregate = (enum ml_aggregate)aggregate;
    trees->transform = transforms[transform];
    return true;
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct description d = {0};
    struct ml_trees *trees = node->state;
    bool made = settings_read(trees, attributes, err) && description_read(&d, attributes, err) &&
                sets_find(&d, arena, err) && forest_make(&d, trees, arena, err);
    free(d.sets);
    free(d.sizes);
    return made;
}

static bool infer(const struct call *call, struct err *err)
{
    const struct ml_trees *trees = call->node->state;
    enum value_type type = trees->wide_sum ? VALUE_DOUBLE : VALUE_FLOAT;
    int64_t rows;
    if (!ml_trees_check(call, trees, &rows, err))
        return false;
    const struct value *x = call_input(call, 0);
    if (x->type != VALUE_UNKNOWN && x->type != type)
        return call_fail(call, err, ERR_INVALID, "the input is %s, the trees' numbers are %s",
                         value_type_name(x->type), value_type_name(type));
    return call_set_shape(call, 0, type, (int64_t[]){rows, (int64_t)trees->outputs}, 2, err);
}

static bool run(const struct call *call, struct err *err)
{
    return ml_trees_regress(call, call->node->state, err);
}

const struct kernel kernel_tree_ensemble = {
    .domain = "ai.onnx.ml",
    .name = "TreeEnsemble",
    .since = 5,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct ml_trees),
    .create = create,
    .infer = infer,
    .run = run,
    .destroy = ml_trees_destroy,
};
