/* The attributes of TreeEnsembleRegressor and TreeEnsembleClassifier, made into a forest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/kernels/ml_trees.h"

/* Numbers that may come as floats or as a tensor of doubles. */
struct numbers {
    const float *floats;
    const double *doubles;
    bool are_doubles;
    size_t count;
};

static double number(const struct numbers *numbers, size_t i)
{
    return numbers->are_doubles ? numbers->doubles[i] : (double)numbers->floats[i];
}

struct description {
    struct ml_ints tree_ids, node_ids, features, yes, no, tracks;
    const struct value_string *modes;
    struct numbers thresholds;
    struct ml_ints weight_trees, weight_nodes, weight_ids;
    struct numbers weights;
};

/* One tree: the nodes [first, first + count) of the description. */
struct run {
    int64_t tree;
    size_t first, count;
    size_t weight_first, weight_count; /* in the sorted weights */
};

static bool ints(const struct attributes *attributes, const char *name, struct ml_ints *list,
                 size_t count, struct err *err)
{
    if (!attributes_ints(attributes, name, &list->data, &list->count, err))
        return false;
    if (list->count != count)
        return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", name, list->count, count);
    return true;
}

static bool numbers_read(const struct attributes *attributes, const char *name, const char *tensor,
                         size_t count, struct numbers *numbers, struct err *err)
{
    const struct value *value;
    *numbers = (struct numbers){0};
    if (!attributes_floats(attributes, name, &numbers->floats, &numbers->count, err) ||
        !attributes_tensor(attributes, tensor, &value, err))
        return false;
    if (value != NULL && numbers->count != 0)
        return err_set(err, ERR_INVALID, "%s and %s are both given", name, tensor);
    if (value != NULL) {
        if (value->type != VALUE_DOUBLE && value->type != VALUE_FLOAT)
            return err_set(err, ERR_INVALID, "%s is neither float nor double", tensor);
        numbers->count = value->count;
        numbers->are_doubles = value->type == VALUE_DOUBLE;
        numbers->floats = value->floats;
        numbers->doubles = value->doubles;
    }
    if (numbers->count != count)
        return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", value ? tensor : name,
                       numbers->count, count);
    return true;
}

static bool description_read(struct description *d, const struct attributes *attributes,
                             const struct ml_tree_names *names, struct err *err)
{
    if (!attributes_ints(attributes, "nodes_treeids", &d->tree_ids.data, &d->tree_ids.count, err))
        return false;
    size_t count = d->tree_ids.count, modes = 0;
    if (!ints(attributes, "nodes_nodeids", &d->node_ids, count, err) ||
        !ints(attributes, "nodes_featureids", &d->features, count, err) ||
        !ints(attributes, "nodes_truenodeids", &d->yes, count, err) ||
        !ints(attributes, "nodes_falsenodeids", &d->no, count, err) ||
        !numbers_read(attributes, "nodes_values", "nodes_values_as_tensor", count, &d->thresholds,
                      err) ||
        !attributes_strings(attributes, "nodes_modes", &d->modes, &modes, err))
        return false;
    if (modes != count)
        return err_set(err, ERR_INVALID, "nodes_modes has %zu elements, not %zu", modes, count);
    const char *tracks = "nodes_missing_value_tracks_true";
    if (attributes_has(attributes, tracks)) {
        if (!attributes_ints(attributes, tracks, &d->tracks.data, &d->tracks.count, err))
            return false;
        if (d->tracks.count != 0 && d->tracks.count != count)
            return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", tracks,
                           d->tracks.count, count);
    }
    if (!attributes_ints(attributes, names->ids, &d->weight_ids.data, &d->weight_ids.count, err))
        return false;
    size_t weights = d->weight_ids.count;
    return ints(attributes, names->tree_ids, &d->weight_trees, weights, err) &&
           ints(attributes, names->node_ids, &d->weight_nodes, weights, err) &&
           numbers_read(attributes, names->weights, names->weights_tensor, weights, &d->weights,
                        err);
}

enum mode { LEQ, LT, GTE, GT, EQ, NEQ, LEAF };

static bool mode_of(struct value_string text, enum mode *mode, struct err *err)
{
    static const char *const names[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "LEAF",       NULL};
    for (int i = 0; names[i] != NULL; i++)
        if (strlen(names[i]) == text.length && memcmp(names[i], text.bytes, text.length) == 0) {
            *mode = (enum mode)i;
            return true;
        }
    return err_set(err, ERR_UNSUPPORTED, "a node's mode is none that is known");
}

/* ---- which node a (tree, node) means ---- */

static int compare_runs(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return x->tree < y->tree ? -1 : x->tree > y->tree;
}

static struct run *run_find(struct run *runs, size_t count, int64_t tree)
{
    struct run key = {.tree = tree};
    return bsearch(&key, runs, count, sizeof *runs, compare_runs);
}

struct named_node {
    int64_t id;
    size_t place;
};

static int compare_named(const void *a, const void *b)
{
    const struct named_node *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* A tree's nodes by id. Most files number them in order, and then nothing is looked up. */
struct index {
    int64_t first;
    bool in_order;
    struct named_node *sorted;
    size_t count;
};

static bool index_make(const struct description *d, const struct run *run, struct index *index,
                       struct err *err)
{
    const int64_t *ids = d->node_ids.data + run->first;
    index->first = ids[0];
    index->count = run->count;
    index->in_order = true;
    for (size_t i = 0; i < run->count && index->in_order; i++)
        index->in_order = (uint64_t)ids[i] - (uint64_t)ids[0] == i;
    if (index->in_order)
        return true;
    for (size_t i = 0; i < run->count; i++)
        index->sorted[i] = (struct named_node){ids[i], i};
    qsort(index->sorted, run->count, sizeof *index->sorted, compare_named);
    for (size_t i = 1; i < run->count; i++)
        if (index->sorted[i].id == index->sorted[i - 1].id)
            return err_set(err, ERR_INVALID, "tree %lld has node %lld twice", (long long)run->tree,
                           (long long)index->sorted[i].id);
    return true;
}

static bool index_find(const struct index *index, int64_t id, size_t *place)
{
    if (index->in_order) {
        uint64_t distance = (uint64_t)id - (uint64_t)index->first;
        *place = (size_t)distance;
        return distance < index->count;
    }
    struct named_node key = {.id = id};
    const struct named_node *found =
        bsearch(&key, index->sorted, index->count, sizeof key, compare_named);
    if (found != NULL)
        *place = found->place;
    return found != NULL;
}

/* ---- a tree's nodes ---- */

static void branch_make(const struct description *d, size_t i, enum mode mode, size_t yes,
                        size_t no, struct forest_node *node)
{
    static const enum forest_test tests[] = {FOREST_LESS_EQUAL, FOREST_LESS,  FOREST_GREATER_EQUAL,
                                             FOREST_GREATER,    FOREST_EQUAL, FOREST_EQUAL};
    bool tracks = d->tracks.count != 0 && d->tracks.data[i] != 0;
    *node = (struct forest_node){
        .test = tests[mode],
        .missing = tracks ? FOREST_MISSING_YES : FOREST_MISSING_NO,
        .feature = (uint32_t)d->features.data[i],
        .yes = (uint32_t)yes,
        .no = (uint32_t)no,
        .threshold = number(&d->thresholds, i),
    };
    if (mode == NEQ) { /* what is not equal, NaN included, takes the branch for true */
        node->yes = (uint32_t)no;
        node->no = (uint32_t)yes;
        node->missing = FOREST_MISSING_NO;
    }
}

static bool node_make(const struct description *d, const struct run *run, const struct index *index,
                      size_t i, struct ml_trees *trees, struct forest_node *node, struct err *err)
{
    size_t place = run->first + i, yes, no;
    enum mode mode = LEAF;
    if (!mode_of(d->modes[place], &mode, err))
        return false;
    *node = (struct forest_node){.test = FOREST_LEAF};
    if (mode == LEAF)
        return true;
    int64_t feature = d->features.data[place];
    if (feature < 0 || feature >= INT32_MAX)
        return err_set(err, ERR_INVALID, "tree %lld tests feature %lld", (long long)run->tree,
                       (long long)feature);
    if (!index_find(index, d->yes.data[place], &yes) || !index_find(index, d->no.data[place], &no))
        return err_set(err, ERR_INVALID, "node %lld of tree %lld leads to a node that is not there",
                       (long long)d->node_ids.data[place], (long long)run->tree);
    if ((size_t)feature >= trees->features)
        trees->features = (size_t)feature + 1;
    branch_make(d, place, mode, yes, no, node);
    return true;
}

/* ---- weights, grouped by tree ---- */

static bool runs_count_weights(const struct description *d, struct run *runs, size_t run_count,
                               size_t *tree_of, struct err *err)
{
    struct run *run = NULL;
    for (size_t i = 0; i < d->weight_trees.count; i++) {
        if (run == NULL || run->tree != d->weight_trees.data[i])
            run = run_find(runs, run_count, d->weight_trees.data[i]);
        if (run == NULL)
            return err_set(err, ERR_INVALID, "a weight is for tree %lld, which is not there",
                           (long long)d->weight_trees.data[i]);
        run->weight_count++;
        tree_of[i] = (size_t)(run - runs);
    }
    size_t first = 0;
    for (size_t r = 0; r < run_count; r++) {
        runs[r].weight_first = first;
        first += runs[r].weight_count;
        runs[r].weight_count = 0; /* counted again while they are placed */
    }
    return true;
}

/* order[run->weight_first ...]: the weights of each tree, as they come. */
static bool weights_group(const struct description *d, struct run *runs, size_t run_count,
                          size_t *order, struct err *err)
{
    size_t *tree_of = mem_array(d->weight_trees.count, sizeof *tree_of);
    if (tree_of == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the weights of trees");
    bool counted = runs_count_weights(d, runs, run_count, tree_of, err);
    for (size_t i = 0; counted && i < d->weight_trees.count; i++) {
        struct run *run = &runs[tree_of[i]];
        order[run->weight_first + run->weight_count++] = i;
    }
    free(tree_of);
    return counted;
}

/* The weights of a tree's leaves; those of inner nodes are not looked at. */
static bool weights_of(const struct description *d, const struct run *run, const size_t *order,
                       const struct index *index, const struct forest_node *nodes, size_t outputs,
                       struct ml_weight *weights, size_t *count, struct err *err)
{
    *count = 0;
    for (size_t i = 0; i < run->weight_count; i++) {
        size_t from = order[run->weight_first + i], leaf;
        int64_t id = d->weight_ids.data[from];
        if (!index_find(index, d->weight_nodes.data[from], &leaf))
            return err_set(err, ERR_INVALID,
                           "a weight is for node %lld of tree %lld, "
                           "which is not there",
                           (long long)d->weight_nodes.data[from], (long long)run->tree);
        if (id < 0 || (uint64_t)id >= outputs)
            return err_set(err, ERR_INVALID, "a weight is for output %lld of %zu", (long long)id,
                           outputs);
        if (nodes[leaf].test == FOREST_LEAF)
            weights[(*count)++] = (struct ml_weight){leaf, (uint32_t)id, number(&d->weights, from)};
    }
    return true;
}

/* ---- the forest ---- */

struct workspace {
    struct run *runs;
    size_t run_count;
    size_t *order;
    struct forest_node *nodes; /* as many as the largest tree has */
    struct named_node *sorted;
    struct ml_weight *weights;
};

static void workspace_finish(struct workspace *work)
{
    free(work->runs);
    free(work->order);
    free(work->nodes);
    free(work->sorted);
    free(work->weights);
}

static bool runs_find(const struct description *d, struct workspace *work, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < d->tree_ids.count; i++)
        count += i == 0 || d->tree_ids.data[i] != d->tree_ids.data[i - 1];
    work->runs = mem_array(count, sizeof *work->runs);
    if (work->runs == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu trees", count);
    for (size_t i = 0; i < d->tree_ids.count; i++) {
        if (i == 0 || d->tree_ids.data[i] != d->tree_ids.data[i - 1])
            work->runs[work->run_count++] = (struct run){.tree = d->tree_ids.data[i], .first = i};
        work->runs[work->run_count - 1].count++;
    }
    /* Trees are added in the order of the file; lookups need them sorted, which most are. */
    for (size_t r = 1; r < work->run_count; r++)
        if (work->runs[r].tree <= work->runs[r - 1].tree)
            return err_set(err, ERR_UNSUPPORTED,
                           "the trees do not come in the order of their numbers");
    return true;
}

static bool workspace_init(const struct description *d, struct workspace *work, struct err *err)
{
    if (!runs_find(d, work, err))
        return false;
    size_t largest = 0;
    for (size_t r = 0; r < work->run_count; r++)
        largest = work->runs[r].count > largest ? work->runs[r].count : largest;
    work->nodes = mem_array(largest, sizeof *work->nodes);
    work->sorted = mem_array(largest, sizeof *work->sorted);
    work->order = mem_array(d->weight_trees.count, sizeof *work->order);
    work->weights = mem_array(d->weight_trees.count, sizeof *work->weights);
    if (!work->nodes || !work->sorted || !work->order || !work->weights)
        return err_set(err, ERR_MEMORY, "no memory for %zu nodes of trees", d->tree_ids.count);
    return weights_group(d, work->runs, work->run_count, work->order, err);
}

static bool run_build(const struct description *d, const struct run *run, struct workspace *work,
                      struct ml_trees *trees, struct forest_builder *builder, struct err *err)
{
    struct index index = {.sorted = work->sorted};
    size_t weight_count;
    if (!index_make(d, run, &index, err))
        return false;
    for (size_t i = 0; i < run->count; i++)
        if (!node_make(d, run, &index, i, trees, &work->nodes[i], err))
            return false;
    return weights_of(d, run, work->order, &index, work->nodes, trees->outputs, work->weights,
                      &weight_count, err) &&
           ml_trees_add(builder, trees, work->nodes, run->count, work->weights, weight_count, err);
}

/* Doubles before float thresholds are rounded towards the side that keeps each decision. That needs
 * tests of one direction; where there are others, all rows are compared as doubles. */
static void find_direction(const struct description *d, struct ml_trees *trees)
{
    bool up = false, down = false, equal = false;
    for (size_t i = 0; i < d->tree_ids.count; i++) {
        enum mode mode = LEAF;
        (void)mode_of(d->modes[i], &mode, NULL);
        up = up || mode == LEQ || mode == GT;
        down = down || mode == LT || mode == GTE;
        equal = equal || mode == EQ || mode == NEQ;
    }
    trees->round_down = down;
    trees->wide_input = equal || (up && down);
}

static size_t features_of(const struct description *d)
{
    int64_t largest = -1;
    for (size_t i = 0; i < d->features.count; i++)
        largest = d->features.data[i] > largest ? d->features.data[i] : largest;
    return largest < INT32_MAX ? (size_t)(largest + 1) : 0;
}

static bool forest_make(const struct description *d, struct ml_trees *trees, struct arena *arena,
                        struct err *err)
{
    struct workspace work = {0};
    enum forest_width input = trees->wide_input ? FOREST_DOUBLE : FOREST_SINGLE;
    enum forest_width sum = trees->wide_sum ? FOREST_DOUBLE : FOREST_SINGLE;
    struct forest_builder *builder = NULL;
    bool built = workspace_init(d, &work, err);
    if (built) {
        trees->spans = arena_zeroed(arena, work.run_count + 1, sizeof *trees->spans);
        builder = forest_builder_create(
            &(struct forest_shape){input, sum, features_of(d), trees->outputs, 0}, err);
        built = builder != NULL && trees->spans != NULL;
    }
    for (size_t r = 0; built && r < work.run_count; r++)
        built = run_build(d, &work.runs[r], &work, trees, builder, err);
    workspace_finish(&work);
    if (!built) {
        forest_builder_destroy(builder);
        return false;
    }
    trees->forest = forest_build(builder, err);
    return trees->forest != NULL;
}

static bool base_read(struct ml_trees *trees, const struct attributes *attributes,
                      struct arena *arena, struct err *err)
{
    struct numbers base;
    const struct value *tensor;
    if (!ml_copy_floats(attributes, "base_values", arena, &trees->base, err) ||
        !attributes_tensor(attributes, "base_values_as_tensor", &tensor, err))
        return false;
    if (tensor == NULL)
        return true;
    if (!numbers_read(attributes, "base_values", "base_values_as_tensor", tensor->count, &base,
                      err))
        return false;
    double *doubles = arena_array(arena, base.count + 1, sizeof *doubles);
    float *floats = arena_array(arena, base.count + 1, sizeof *floats);
    if (doubles == NULL || floats == NULL)
        return err_set(err, ERR_MEMORY, "no memory for base values");
    for (size_t i = 0; i < base.count; i++) {
        doubles[i] = number(&base, i);
        floats[i] = (float)doubles[i];
    }
    trees->base_doubles = doubles;
    trees->base = (struct ml_floats){floats, base.count};
    return true;
}

bool ml_trees_read(struct ml_trees *trees, const struct attributes *attributes,
                   const struct ml_tree_names *names, struct arena *arena, struct err *err)
{
    struct description d = {0};
    if (!description_read(&d, attributes, names, err) ||
        !base_read(trees, attributes, arena, err) ||
        !ml_transform_read(attributes, &trees->transform, err))
        return false;
    find_direction(&d, trees);
    trees->wide_input = trees->wide_input || d.thresholds.are_doubles;
    trees->wide_sum = d.thresholds.are_doubles || d.weights.are_doubles;
    return forest_make(&d, trees, arena, err);
}

bool ml_trees_weights_seen(const struct attributes *attributes, struct ml_weights_seen *seen,
                           struct err *err)
{
    struct ml_ints ids;
    struct numbers weights;
    if (!attributes_ints(attributes, "class_ids", &ids.data, &ids.count, err) ||
        !numbers_read(attributes, "class_weights", "class_weights_as_tensor", ids.count, &weights,
                      err))
        return false;
    *seen = (struct ml_weights_seen){true, true, false};
    for (size_t i = 0; i < ids.count; i++) {
        seen->all_positive = seen->all_positive && number(&weights, i) >= 0;
        seen->one_id = seen->one_id && ids.data[i] == ids.data[0];
        seen->second_id = seen->second_id || ids.data[i] == 1;
    }
    return true;
}
