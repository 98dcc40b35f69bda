#include "formats/xgboost_document.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME_BYTES_MAX ((size_t)1 << 16)
#define WRAPPER_BYTES_MAX ((size_t)1 << 20)

/* A file that does not say it is treated as one of this release. */
static const int32_t usual_version[3] = {2, 0, 0};
#define VERSION_MAJOR_MAX 3

/* Objects whose members must not come twice. */
enum object {
    ROOT,
    INNER,
    LEARNER,
    PARAMETERS,
    BOOSTER,
    MODEL,
    TREE_PARAMETERS,
    OBJECTIVE,
    ATTRIBUTES,
    OBJECTS
};

struct member {
    const char *name;
    bool (*read)(struct xgboost_document *document);
};

static bool refuse_twice(struct xgboost_document *document, const char *name)
{
    return reader_fail(document->reader, ERR_INVALID, "%s is there twice", name);
}

/* Reads the members that are listed and passes over all others. */
static bool read_members(struct xgboost_document *document, enum object object,
                         const struct member *members, size_t count)
{
    struct reader *reader = document->reader;
    struct reader_text key;
    if (!reader_open_object(reader))
        return false;
    while (reader_next_key(reader, &key)) {
        size_t i = 0;
        while (i < count && !reader_text_is(key, members[i].name))
            i++;
        if (i == count) {
            reader_skip(reader, NULL);
            continue;
        }
        if ((document->seen[object] >> i & 1) != 0)
            return refuse_twice(document, members[i].name);
        document->seen[object] |= UINT32_C(1) << i;
        if (!members[i].read(document))
            return err_prefix(document->err, "%s", members[i].name);
    }
    return !reader_failed(reader);
}

#define READ_MEMBERS(document, object, members) \
    read_members(document, object, members, sizeof(members) / sizeof *(members))

static bool read_name(struct xgboost_document *document, char **name)
{
    struct reader_text text;
    if (!reader_text(document->reader, &text))
        return false;
    if (text.length > NAME_BYTES_MAX)
        return reader_fail(document->reader, ERR_LIMIT, "a name has more than %zu bytes",
                           NAME_BYTES_MAX);
    *name = mem_copy_text(text.bytes, text.length);
    return *name != NULL || reader_fail(document->reader, ERR_MEMORY, "no memory for a name");
}

/* XGBoost writes parameters as text. */
static bool read_count(struct xgboost_document *document, int64_t most, int64_t *count)
{
    struct reader *reader = document->reader;
    struct reader_text text;
    if (reader_peek(reader) == READER_NUMBER)
        return reader_integer(reader, count) &&
               ((*count >= 0 && *count <= most) ||
                reader_fail(reader, ERR_LIMIT, "expected 0 to %lld", (long long)most));
    if (!reader_text(reader, &text))
        return false;
    int64_t value = 0;
    bool ok = text.length > 0;
    for (size_t i = 0; ok && i < text.length; i++) {
        ok = text.bytes[i] >= '0' && text.bytes[i] <= '9';
        value = value * 10 + (text.bytes[i] - '0');
        ok = ok && value <= most;
    }
    *count = value;
    return ok || reader_fail(reader, ERR_LIMIT, "expected a whole number from 0 to %lld in quotes",
                             (long long)most);
}

/* "5E-1", or from 3.1 on "[5E-1,2E0]"; older forms of lists have round brackets. */
static bool read_list(struct xgboost_document *document, struct reader_singles *list)
{
    struct reader *reader = document->reader;
    struct reader_text text = {0};
    if (reader_peek(reader) == READER_NUMBER) {
        list->values = mem_array(1, sizeof *list->values);
        if (list->values == NULL)
            return reader_fail(reader, ERR_MEMORY, "no memory for a number");
        list->count = list->capacity = 1;
        return reader_single(reader, list->values);
    }
    if (!reader_text(reader, &text))
        return false;
    if (text.length > XGBOOST_OUTPUTS_MAX * 64)
        return reader_fail(reader, ERR_LIMIT, "the list is too long");
    /* As an array, whatever its brackets are. */
    bool brackets = text.length >= 2 && strchr("[(", text.bytes[0]) != NULL &&
                    strchr("])", text.bytes[text.length - 1]) != NULL;
    size_t inner = brackets ? text.length - 2 : text.length;
    char *copy = mem_array(inner + 3, 1);
    if (copy == NULL)
        return reader_fail(reader, ERR_MEMORY, "no memory for a list");
    copy[0] = '[';
    memcpy(copy + 1, text.bytes + brackets, inner);
    copy[inner + 1] = ']';
    struct err within = ERR_INIT;
    struct reader *numbers = reader_create(copy, inner + 2, &within);
    bool ok = numbers != NULL && reader_read_singles(numbers, list, XGBOOST_OUTPUTS_MAX) &&
              reader_end(numbers) && list->count > 0;
    reader_destroy(numbers);
    free(copy);
    return ok || reader_fail(reader, ERR_INVALID, "expected a number or a list of them in quotes");
}

static bool read_names(struct xgboost_document *document, struct xgboost_names *names)
{
    struct reader *reader = document->reader;
    if (!reader_open_array(reader))
        return false;
    while (reader_next_item(reader)) {
        if (names->count == names->capacity) {
            if (names->count >= SCHEMA_FIELDS_MAX)
                return reader_fail(reader, ERR_LIMIT, "more than %d features", SCHEMA_FIELDS_MAX);
            size_t capacity = names->capacity * 2 + 16;
            char **items = mem_resize(names->items, capacity, sizeof *items);
            if (items == NULL)
                return reader_fail(reader, ERR_MEMORY, "no memory for names");
            names->items = items;
            names->capacity = capacity;
        }
        if (!read_name(document, &names->items[names->count]))
            return false;
        names->count++;
    }
    return !reader_failed(reader);
}

static void names_finish(struct xgboost_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* learner.attributes */

static bool read_best_iteration(struct xgboost_document *document)
{
    return read_count(document, INT32_MAX, &document->best_iteration);
}

static bool read_best_trees(struct xgboost_document *document)
{
    return read_count(document, INT32_MAX, &document->best_trees);
}

/* Longer ones than labels can be are passed over. */
static bool read_wrapper(struct xgboost_document *document)
{
    struct reader_text text;
    if (reader_peek(document->reader) != READER_TEXT)
        return reader_skip(document->reader, NULL);
    if (!reader_text(document->reader, &text))
        return false;
    if (text.length > WRAPPER_BYTES_MAX)
        return true;
    document->wrapper = mem_copy_text(text.bytes, text.length);
    return document->wrapper != NULL ||
           reader_fail(document->reader, ERR_MEMORY, "no memory for an attribute");
}

static bool read_attributes(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"best_iteration", read_best_iteration},
        {"best_ntree_limit", read_best_trees},
        {"scikit_learn", read_wrapper},
    };
    return READ_MEMBERS(document, ATTRIBUTES, members);
}

/* learner.learner_model_param */

static bool read_base_score(struct xgboost_document *document)
{
    return read_list(document, &document->base_score);
}

static bool read_classes(struct xgboost_document *document)
{
    return read_count(document, (int64_t)XGBOOST_OUTPUTS_MAX, &document->classes);
}

static bool read_targets(struct xgboost_document *document)
{
    return read_count(document, (int64_t)XGBOOST_OUTPUTS_MAX, &document->targets);
}

static bool read_features(struct xgboost_document *document)
{
    return read_count(document, SCHEMA_FIELDS_MAX, &document->features);
}

static bool read_parameters(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"base_score", read_base_score},
        {"num_class", read_classes},
        {"num_feature", read_features},
        {"num_target", read_targets},
    };
    return READ_MEMBERS(document, PARAMETERS, members);
}

/* learner.gradient_booster */

static bool read_tree_count(struct xgboost_document *document)
{
    return read_count(document, (int64_t)XGBOOST_TREES_MAX, &document->tree_count);
}

static bool read_parallel_trees(struct xgboost_document *document)
{
    return read_count(document, (int64_t)XGBOOST_TREES_MAX, &document->parallel_trees);
}

static bool read_tree_parameters(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"num_trees", read_tree_count},
        {"num_parallel_tree", read_parallel_trees},
    };
    return READ_MEMBERS(document, TREE_PARAMETERS, members);
}

static bool read_tree_groups(struct xgboost_document *document)
{
    return reader_read_integers(document->reader, &document->tree_groups, XGBOOST_TREES_MAX);
}

static bool read_iteration_ends(struct xgboost_document *document)
{
    return reader_read_integers(document->reader, &document->iteration_ends, XGBOOST_TREES_MAX + 1);
}

static bool read_drop_weights(struct xgboost_document *document)
{
    return reader_read_singles(document->reader, &document->drop_weights, XGBOOST_TREES_MAX);
}

static bool read_weights(struct xgboost_document *document)
{
    return reader_read_singles(document->reader, &document->weights, XGBOOST_VALUES_MAX);
}

static bool read_trees(struct xgboost_document *document)
{
    return reader_skip(document->reader, &document->trees);
}

static bool read_cats(struct xgboost_document *document)
{
    return reader_skip(document->reader, &document->cats);
}

static bool read_model(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"gbtree_model_param", read_tree_parameters},
        {"iteration_indptr", read_iteration_ends},
        {"tree_info", read_tree_groups},
        {"trees", read_trees},
        {"cats", read_cats},
        {"weight_drop", read_drop_weights}, /* from 3.3 on */
        {"weights", read_weights},          /* gblinear */
    };
    return READ_MEMBERS(document, MODEL, members);
}

static bool read_booster_name(struct xgboost_document *document)
{
    return read_name(document, &document->booster);
}

/* Until 3.2, dart has a whole gbtree within, whose name counts for nothing. */
static bool read_inner_booster(struct xgboost_document *document)
{
    struct reader *reader = document->reader;
    struct reader_text key;
    if (!reader_open_object(reader))
        return false;
    while (reader_next_key(reader, &key)) {
        if (!reader_text_is(key, "model")) {
            reader_skip(reader, NULL);
            continue;
        }
        if (document->seen[MODEL] != 0)
            return refuse_twice(document, "model");
        if (!read_model(document))
            return err_prefix(document->err, "model");
    }
    return !reader_failed(reader);
}

static bool read_only_model(struct xgboost_document *document)
{
    if (document->seen[MODEL] != 0)
        return refuse_twice(document, "model");
    return read_model(document);
}

static bool read_old_drop_weights(struct xgboost_document *document)
{
    if (document->drop_weights.values != NULL)
        return refuse_twice(document, "weight_drop");
    return read_drop_weights(document);
}

static bool read_booster(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"name", read_booster_name},
        {"model", read_only_model},
        {"gbtree", read_inner_booster},
        {"weight_drop", read_old_drop_weights},
    };
    return READ_MEMBERS(document, BOOSTER, members);
}

/* learner.objective */

static bool read_objective_name(struct xgboost_document *document)
{
    return read_name(document, &document->objective);
}

/* {"quantile_alpha": "[0.1,0.9]"} */
static bool read_alphas(struct xgboost_document *document)
{
    struct reader *reader = document->reader;
    struct reader_text key;
    if (!reader_open_object(reader))
        return false;
    while (reader_next_key(reader, &key)) {
        bool wanted =
            reader_text_is(key, "quantile_alpha") || reader_text_is(key, "expectile_alpha");
        if (!wanted || document->alphas.values != NULL)
            reader_skip(reader, NULL);
        else if (!read_list(document, &document->alphas))
            return false;
    }
    return !reader_failed(reader);
}

static bool read_objective(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"name", read_objective_name},
        {"quantile_loss_param", read_alphas},
        {"expectile_loss_param", read_alphas},
    };
    return READ_MEMBERS(document, OBJECTIVE, members);
}

/* learner */

static bool read_feature_names(struct xgboost_document *document)
{
    return read_names(document, &document->names);
}

static bool read_feature_types(struct xgboost_document *document)
{
    return read_names(document, &document->types);
}

static bool read_learner(struct xgboost_document *document)
{
    if (document->seen[LEARNER] != 0)
        return refuse_twice(document, "a learner");
    static const struct member members[] = {
        {"attributes", read_attributes},          {"feature_names", read_feature_names},
        {"feature_types", read_feature_types},    {"gradient_booster", read_booster},
        {"learner_model_param", read_parameters}, {"objective", read_objective},
    };
    return READ_MEMBERS(document, LEARNER, members);
}

static bool read_version(struct xgboost_document *document)
{
    struct reader *reader = document->reader;
    document->version.count = 0;
    if (!reader_read_integers(reader, &document->version, 3))
        return false;
    return document->version.count == 3 ||
           reader_fail(reader, ERR_INVALID, "expected three numbers");
}

/* The model of a memory snapshot; what is beside it says how it was trained. */
static bool read_inner_model(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"version", read_version},
        {"learner", read_learner},
    };
    return READ_MEMBERS(document, INNER, members);
}

static bool read_root(struct xgboost_document *document)
{
    static const struct member members[] = {
        {"version", read_version},
        {"learner", read_learner},
        {"Model", read_inner_model},
    };
    return READ_MEMBERS(document, ROOT, members);
}

/* Looks no further than it must: "version" may stand before what tells. */
bool xgboost_document_detect(const struct format_file *file)
{
    struct err err = ERR_INIT;
    struct reader_text key;
    size_t first = 0;
    while (first < file->size && strchr(" \t\r\n", file->data[first]) != NULL)
        first++;
    if (first == file->size || file->data[first] != '{')
        return false;
    struct reader *reader = reader_create(file->data, file->size, &err);
    bool found = false;
    if (reader == NULL || !reader_open_object(reader))
        goto out;
    for (int i = 0; i < 3 && !found && reader_next_key(reader, &key); i++) {
        found = reader_text_is(key, "learner");
        if (reader_text_is(key, "Config") || reader_text_is(key, "Model")) {
            found = reader_peek(reader) == READER_OBJECT && reader_open_object(reader) &&
                    reader_next_key(reader, &key) &&
                    (reader_text_is(key, "learner") || reader_text_is(key, "version"));
            break;
        }
        if (!found && (!reader_text_is(key, "version") || reader_peek(reader) != READER_ARRAY))
            break;
        if (!found)
            reader_skip(reader, NULL);
    }
out:
    reader_destroy(reader);
    return found;
}

static bool check_version(struct xgboost_document *document)
{
    const struct reader_integers *version = &document->version;
    if (version->count == 3 && version->values[0] > VERSION_MAJOR_MAX)
        return err_set(document->err, ERR_UNSUPPORTED,
                       "was written by XGBoost %d.%d, which is newer than this build knows",
                       version->values[0], version->values[1]);
    return true;
}

bool xgboost_document_read(struct xgboost_document *document, const struct format_file *file,
                           struct err *err)
{
    *document = (struct xgboost_document){
        .err = err,
        .best_iteration = -1,
        .best_trees = -1,
        .tree_count = -1,
        .parallel_trees = -1,
    };
    document->reader = reader_create(file->data, file->size, err);
    if (document->reader == NULL || !read_root(document))
        return false;
    if (!reader_end(document->reader))
        return reader_fail(document->reader, ERR_INVALID, "something follows the model");
    if (document->booster == NULL || document->objective == NULL || document->features == 0 ||
        document->base_score.count == 0)
        return err_set(err, ERR_INVALID, "the learner has no %s",
                       document->booster == NULL     ? "gradient_booster"
                       : document->objective == NULL ? "objective"
                       : document->features == 0     ? "features: it was not trained"
                                                     : "base_score");
    return check_version(document);
}

void xgboost_document_finish(struct xgboost_document *document)
{
    reader_destroy(document->reader);
    reader_integers_finish(&document->version);
    free(document->booster);
    free(document->objective);
    free(document->wrapper);
    reader_singles_finish(&document->base_score);
    reader_singles_finish(&document->alphas);
    names_finish(&document->names);
    names_finish(&document->types);
    reader_integers_finish(&document->tree_groups);
    reader_integers_finish(&document->iteration_ends);
    reader_singles_finish(&document->drop_weights);
    reader_singles_finish(&document->weights);
    *document = (struct xgboost_document){0};
}

bool xgboost_document_since(const struct xgboost_document *document, int major, int minor,
                            int patch)
{
    const int32_t *version =
        document->version.count == 3 ? document->version.values : usual_version;
    const int wanted[3] = {major, minor, patch};
    for (int i = 0; i < 3; i++) {
        if (version[i] != wanted[i])
            return version[i] > wanted[i];
    }
    return true;
}

size_t xgboost_document_outputs(const struct xgboost_document *document)
{
    int64_t most = document->classes > document->targets ? document->classes : document->targets;
    return most > 1 ? (size_t)most : 1;
}
