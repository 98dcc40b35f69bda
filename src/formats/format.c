#include "formats/format.h"

#include <stdlib.h>
#include <string.h>

#include "formats/foreign.h"
#include "formats/native.h"

static const struct format *const formats[] = {
    &native_format,
    NULL,
};

static void golden_finish(struct golden *golden)
{
    for (size_t i = 0; golden->rows != NULL && i < golden->row_count; i++) {
        struct golden_row *row = &golden->rows[i];
        for (size_t j = 0; row->expected != NULL && j < row->expected_count; j++)
            free(row->expected[j].values);
        free(row->expected);
        free(row->in);
    }
    free(golden->rows);
}

static void feature_finish(struct baseline_feature *feature)
{
    free(feature->name);
    free(feature->edges);
    free(feature->counts);
}

static void baseline_finish(struct baseline *baseline)
{
    for (size_t i = 0; baseline->features != NULL && i < baseline->feature_count; i++)
        feature_finish(&baseline->features[i]);
    free(baseline->features);
    feature_finish(&baseline->prediction);
}

void artifact_finish(struct artifact *artifact)
{
    if (artifact == NULL)
        return;
    graph_destroy(artifact->graph);
    golden_finish(&artifact->golden);
    baseline_finish(&artifact->baseline);
    free(artifact->name);
    free(artifact->version);
    free(artifact->description);
    free(artifact->created);
    free(artifact->task);
    free(artifact->trainer);
    *artifact = (struct artifact){0};
}

static const struct format *detect(const struct format_file *file)
{
    const struct format *const *format = formats;
    while (*format != NULL && !(*format)->detect(file))
        format++;
    return *format;
}

static bool refuse(const struct format_file *files, size_t count, struct err *err)
{
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no file");
    for (size_t i = 0; i < count; i++) {
        const char *sentence = foreign_describe(&files[i]);
        if (sentence != NULL)
            return err_set(err, ERR_UNSUPPORTED, "%s %s", files[i].name, sentence);
    }
    if (count == 1)
        return err_set(err, ERR_INVALID,
                       "%s is no model that this build knows; a model document is a JSON object "
                       "with \"format\": \"omen/1\"",
                       files[0].name);
    return err_set(err, ERR_INVALID, "none of the %zu files is a model that this build knows",
                   count);
}

bool format_load(const struct format_file *files, size_t count, struct artifact *artifact,
                 struct err *err)
{
    const struct format *format = NULL;
    size_t which = 0;
    *artifact = (struct artifact){0};
    for (size_t i = 0; i < count; i++) {
        const struct format *seen = detect(&files[i]);
        if (seen == NULL)
            continue;
        if (format != NULL)
            return err_set(err, ERR_INVALID, "both %s and %s are models; only one may be there",
                           files[which].name, files[i].name);
        format = seen;
        which = i;
    }
    if (format == NULL)
        return refuse(files, count, err);
    if (format->load(files, count, which, artifact, err))
        return true;
    artifact_finish(artifact);
    return false;
}
