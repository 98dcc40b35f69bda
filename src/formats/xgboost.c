/* XGBoost's JSON and UBJSON files, of all releases since 1.0. */
#include "formats/xgboost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/xgboost_document.h"
#include "formats/xgboost_labels.h"
#include "formats/xgboost_model.h"
#include "formats/xgboost_objective.h"
#include "formats/xgboost_schema.h"
#include "formats/xgboost_trees.h"

/* Moves gblinear's weights, whose number the file does not otherwise say, into the parts. */
static bool take_weights(struct xgboost_document *document, struct xgboost_parts *parts,
                         struct err *err)
{
    size_t count = (parts->features + 1) * parts->outputs;
    if (document->weights.count != count)
        return err_set(err, ERR_INVALID, "there are %zu weights for %zu features and %zu outputs",
                       document->weights.count, parts->features, parts->outputs);
    parts->weights = document->weights.values;
    document->weights = (struct reader_singles){0};
    /* XGBoost takes the first base score for all of them. */
    for (size_t i = 1; i < parts->outputs; i++)
        parts->base[i] = parts->base[0];
    return true;
}

static bool read_booster(struct xgboost_document *document, const struct format_settings *settings,
                         struct xgboost_parts *parts, size_t *trees, struct err *err)
{
    *trees = 0;
    if (strcmp(document->booster, "gblinear") == 0)
        return settings->iterations != FORMAT_ITERATIONS_FIRST
                   ? take_weights(document, parts, err)
                   : err_set(err, ERR_INVALID, "a linear booster has no iterations to choose from");
    if (strcmp(document->booster, "gbtree") != 0 && strcmp(document->booster, "dart") != 0)
        return err_set(err, ERR_UNSUPPORTED, "the booster '%.64s' is not known", document->booster);
    if (document->trees.data == NULL)
        return err_set(err, ERR_INVALID, "there are no trees");
    if (!xgboost_trees_count(document, settings, trees, err))
        return false;
    parts->forest = xgboost_trees_read(document, *trees, err);
    return parts->forest != NULL;
}

static bool copy_text(char **to, const char *from, struct err *err)
{
    *to = mem_copy_text(from, strlen(from));
    return *to != NULL || err_set(err, ERR_MEMORY, "no memory for a name");
}

static bool say_trainer(const struct xgboost_document *document, struct trained *trained,
                        struct err *err)
{
    char text[64];
    const int32_t *version = document->version.values;
    if (document->version.count != 3)
        return copy_text(&trained->trainer, "XGBoost", err);
    snprintf(text, sizeof text, "XGBoost %d.%d.%d", version[0], version[1], version[2]);
    return copy_text(&trained->trainer, text, err);
}

static bool say_facts(const struct xgboost_document *document, const struct xgboost_parts *parts,
                      size_t trees, struct trained *trained, struct err *err)
{
    bool ok = trained_add_fact(trained, err, "booster", "%s", document->booster) &&
              trained_add_fact(trained, err, "objective", "%s", document->objective);
    if (ok && parts->forest != NULL)
        ok = trained_add_fact(trained, err, "trees", "%zu of %zu", trees,
                              document->tree_groups.count) &&
             trained_add_fact(trained, err, "nodes", "%zu", forest_node_count(parts->forest)) &&
             trained_add_fact(trained, err, "depth", "%zu", forest_depth(parts->forest));
    if (ok && document->best_iteration >= 0)
        ok = trained_add_fact(trained, err, "best iteration", "%lld",
                              (long long)document->best_iteration);
    return ok;
}

/* Quantiles and expectiles are named by their levels. */
static bool name_targets(const struct xgboost_document *document, size_t outputs,
                         struct trained *trained, struct err *err)
{
    if (outputs < 2 || document->alphas.count != outputs)
        return true;
    trained->targets = mem_array(outputs, sizeof *trained->targets);
    if (trained->targets == NULL)
        return err_set(err, ERR_MEMORY, "no memory for names");
    for (; trained->target_count < outputs; trained->target_count++) {
        char text[32];
        snprintf(text, sizeof text, "%.6g", (double)document->alphas.values[trained->target_count]);
        if (!copy_text(&trained->targets[trained->target_count], text, err))
            return false;
    }
    return true;
}

static bool make_trained(struct xgboost_document *document, const struct format_settings *settings,
                         struct xgboost_parts *parts, struct trained *trained, struct err *err)
{
    struct xgboost_objective objective;
    size_t trees;
    if (!xgboost_objective_find(document, settings->link, &objective, err))
        return false;
    parts->features = (size_t)document->features;
    parts->outputs = xgboost_document_outputs(document);
    parts->missing = (float)settings->missing;
    bool dart = strcmp(document->booster, "dart") == 0;
    parts->base_last = !xgboost_document_since(document, 1, dart ? 4 : 3, 0);
    parts->link = objective.link;
    parts->classifier = objective.classifier;
    parts->base = xgboost_objective_base(document, err);
    if (parts->base == NULL || !read_booster(document, settings, parts, &trees, err) ||
        !xgboost_schema_make(document, &trained->schema, err))
        return false;
    return copy_text(&trained->task, objective.task, err) && say_trainer(document, trained, err) &&
           say_facts(document, parts, trees, trained, err) &&
           name_targets(document, parts->outputs, trained, err);
}

static bool xgboost_read(const struct format_file *file, const struct format_settings *settings,
                         struct trained *trained, struct err *err)
{
    struct xgboost_document document;
    struct xgboost_parts parts = {0};
    bool ok = xgboost_document_read(&document, file, err) &&
              make_trained(&document, settings, &parts, trained, err);
    if (ok) {
        ok = xgboost_model_create(&trained->op, &parts, err);
        parts = (struct xgboost_parts){0};
    }
    ok = ok && xgboost_labels_read(document.wrapper, trained->op->classes, &trained->labels, err);
    xgboost_model_parts_finish(&parts);
    xgboost_document_finish(&document);
    return ok;
}

const struct format xgboost_format = {
    .name = "xgboost",
    .reads_mapped = true,
    .detect = xgboost_document_detect,
    .read = xgboost_read,
};
