#include "formats/lightgbm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "formats/lightgbm_header.h"
#include "formats/lightgbm_model.h"
#include "formats/lightgbm_objective.h"
#include "formats/lightgbm_schema.h"
#include "formats/lightgbm_trees.h"

/* The first line is "tree", the second one of a header's. Other files may be one long line. */
static bool lightgbm_detect(const struct format_file *file)
{
    static const char first[] = "tree";
    struct lightgbm_lines lines = {file->data, file->data + file->size};
    struct lightgbm_text line;
    return file->size >= sizeof first && memcmp(file->data, first, sizeof first - 1) == 0 &&
           lightgbm_lines_next(&lines, &line) && lightgbm_text_is(line, "tree") &&
           lightgbm_lines_next(&lines, &line) &&
           (lightgbm_text_begins(line, "version=", NULL) ||
            lightgbm_text_begins(line, "num_class=", NULL));
}

/* Everything that is read of a file before it becomes an operator. */
struct parts {
    struct lightgbm_header header;
    struct lightgbm_trees trees;
    struct lightgbm_trailer trailer;
    struct lightgbm_objective objective;
    size_t iterations;
};

/* How many trees to take: save_model has left out those behind the best iteration. */
static bool count_trees(const struct lightgbm_header *header,
                        const struct format_settings *settings, size_t *most, struct err *err)
{
    *most = SIZE_MAX;
    return settings->iterations != FORMAT_ITERATIONS_FIRST ||
           mem_multiply(settings->iteration_count, header->columns, most) ||
           err_set(err, ERR_LIMIT, "too many iterations are asked for");
}

static bool check_iterations(struct parts *parts, const struct format_settings *settings,
                             struct err *err)
{
    size_t columns = parts->header.columns, in_file = parts->trees.in_file;
    if (in_file % columns != 0)
        return err_set(err, ERR_INVALID, "%zu trees are no multiple of %zu trees per iteration",
                       in_file, columns);
    parts->iterations = parts->trees.count / columns;
    if (settings->iterations == FORMAT_ITERATIONS_FIRST &&
        parts->iterations < settings->iteration_count)
        return err_set(err, ERR_INVALID, "the first %zu iterations are asked for, there are %zu",
                       settings->iteration_count, parts->iterations);
    return parts->iterations > 0 || !parts->header.average ||
           err_set(err, ERR_INVALID, "a mean of no trees is nothing");
}

/* Random forests of LightGBM 2.0 to 2.2.2 hold answers in their leaves and are only averaged, those
 * of 2.2.3 hold scores, and both write "v2". Probabilities are between 0 and 1, and scores that all
 * are would be odd; means of counts and their logarithms cannot be told apart. */
static bool settle_old_forest(struct parts *parts, const struct format_settings *settings,
                              struct err *err)
{
    struct lightgbm_objective *objective = &parts->objective;
    const struct lightgbm_trees *trees = &parts->trees;
    bool has_link = objective->link == LIGHTGBM_SIGMOID || objective->link == LIGHTGBM_SOFTMAX ||
                    objective->link == LIGHTGBM_EXP || objective->link == LIGHTGBM_LOG1P_EXP;
    if (settings->link != NULL || parts->header.version != 2 || !parts->header.average ||
        !has_link || trees->least < 0)
        return true;
    if (objective->link == LIGHTGBM_SIGMOID || objective->link == LIGHTGBM_SOFTMAX) {
        if (trees->most <= 1)
            objective->link = LIGHTGBM_IDENTITY;
        return true;
    }
    return err_set(err, ERR_INVALID,
                   "a random forest of objective %s by LightGBM before 2.3: whether its leaves are "
                   "answers or their logarithms is not in the file; say \"link\": \"identity\" or "
                   "\"%s\" in a document beside it",
                   objective->name, lightgbm_link_name(objective->link));
}

static bool read_parts(struct parts *parts, const struct format_file *file,
                       const struct format_settings *settings, struct err *err)
{
    struct lightgbm_lines lines = {file->data, file->data + file->size};
    size_t most;
    return lightgbm_header_read(&parts->header, &lines, err) &&
           lightgbm_objective_read(&parts->objective, parts->header.objective,
                                   parts->header.columns, err) &&
           (settings->link == NULL || lightgbm_objective_override(&parts->objective, settings->link,
                                                                  parts->header.columns, err)) &&
           count_trees(&parts->header, settings, &most, err) &&
           lightgbm_trees_read(&parts->trees, &parts->header, &lines, most, err) &&
           check_iterations(parts, settings, err) && settle_old_forest(parts, settings, err) &&
           lightgbm_trailer_read(&parts->trailer, &lines, err);
}

static bool add_iterations(struct trained *trained, const struct parts *parts, struct err *err)
{
    size_t in_file = parts->trees.in_file / parts->header.columns;
    return parts->iterations == in_file
               ? trained_add_fact(trained, err, "iterations", "%zu", in_file)
               : trained_add_fact(trained, err, "iterations", "%zu of %zu", parts->iterations,
                                  in_file);
}

static bool add_facts(struct trained *trained, const struct parts *parts, struct err *err)
{
    const struct lightgbm_trees *trees = &parts->trees;
    struct lightgbm_text boosting = parts->trailer.boosting;
    if (boosting.length > 0 && boosting.length <= 16 &&
        !trained_add_fact(trained, err, "boosting", "%.*s", (int)boosting.length, boosting.at))
        return false;
    return trained_add_fact(trained, err, "objective", "%s", parts->objective.name) &&
           trained_add_fact(trained, err, "link", "%s",
                            lightgbm_link_name(parts->objective.link)) &&
           add_iterations(trained, parts, err) &&
           trained_add_fact(trained, err, "trees", "%zu", forest_tree_count(trees->forest)) &&
           trained_add_fact(trained, err, "nodes", "%zu", forest_node_count(trees->forest)) &&
           trained_add_fact(trained, err, "depth", "%zu", forest_depth(trees->forest)) &&
           trained_add_fact(trained, err, "categorical splits", "%zu", trees->categorical) &&
           trained_add_fact(trained, err, "linear trees", "%s",
                            trees->linear.tree_count > 0 ? "yes" : "no");
}

static bool describe(struct trained *trained, const struct parts *parts, struct err *err)
{
    char trainer[64];
    int length =
        snprintf(trainer, sizeof trainer, "LightGBM (file version v%d)", parts->header.version);
    trained->trainer = mem_copy_text(trainer, (size_t)length);
    trained->task = mem_copy_text(parts->objective.task, strlen(parts->objective.task));
    return (trained->trainer != NULL && trained->task != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for what the file says of itself");
}

static bool assemble(struct trained *trained, struct parts *parts,
                     const struct format_settings *settings, struct err *err)
{
    const struct lightgbm_model_shape shape = {
        .features = parts->header.features,
        .iterations = parts->iterations,
        .average = parts->header.average,
        .missing = settings->missing,
    };
    if (!lightgbm_schema_make(&trained->schema, &parts->header, &parts->trailer, err) ||
        !describe(trained, parts, err) || !add_facts(trained, parts, err))
        return false;
    trained->op = lightgbm_model_create(&parts->trees, &parts->objective, &shape, err);
    return trained->op != NULL;
}

static bool lightgbm_read(const struct format_file *file, const struct format_settings *settings,
                          struct trained *trained, struct err *err)
{
    struct parts parts = {0};
    bool ok = read_parts(&parts, file, settings, err) && assemble(trained, &parts, settings, err);
    lightgbm_trees_finish(&parts.trees);
    return ok;
}

const struct format lightgbm_format = {
    .name = "lightgbm",
    .reads_mapped = true,
    .detect = lightgbm_detect,
    .read = lightgbm_read,
};
