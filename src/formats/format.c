#include "formats/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/foreign.h"
#include "formats/lightgbm.h"
#include "formats/native.h"
#include "formats/onnx.h"
#include "formats/trained.h"
#include "formats/xgboost.h"

static const struct format *const formats[] = {
    &native_format, &onnx_format, &lightgbm_format, &xgboost_format, NULL,
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
    arena_finish(&golden->texts);
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
    for (size_t i = 0; artifact->facts != NULL && i < artifact->fact_count; i++) {
        free(artifact->facts[i].name);
        free(artifact->facts[i].value);
    }
    free(artifact->facts);
    *artifact = (struct artifact){0};
}

const struct format *format_detect_trained(const struct format_file *file)
{
    for (const struct format *const *format = formats; *format != NULL; format++)
        if ((*format)->read != NULL && (*format)->detect(file))
            return *format;
    return NULL;
}

const struct format *format_find_trained(const char *name)
{
    for (const struct format *const *format = formats; *format != NULL; format++)
        if ((*format)->read != NULL && strcmp((*format)->name, name) == 0)
            return *format;
    return NULL;
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
        return err_set(err, ERR_INVALID, "%s is no model that this build knows: it is %s",
                       files[0].name, foreign_guess(&files[0]));
    return err_set(err, ERR_INVALID, "none of the %zu files is a model that this build knows",
                   count);
}

static bool refuse_second(const struct format_file *first, const struct format_file *second,
                          struct err *err)
{
    return err_set(err, ERR_INVALID, "both %s and %s are models; only one may be there",
                   first->name, second->name);
}

/* What a file is, or NULL. One that looks like more than one thing is refused. */
static bool detect(const struct format_file *file, const struct format **found, struct err *err)
{
    *found = NULL;
    for (const struct format *const *format = formats; *format != NULL; format++) {
        if (!(*format)->detect(file))
            continue;
        if (*found != NULL)
            return err_set(err, ERR_INVALID,
                           "%s looks like both %s and %s: which one cannot be said", file->name,
                           (*found)->name, (*format)->name);
        *found = *format;
    }
    return true;
}

/* The one document, or else the one trainer's file: `which` of them, and its format or NULL. */
static bool find_model(const struct format_file *files, size_t count, size_t *which,
                       const struct format **format, struct err *err)
{
    size_t document = count, trained = count, second = count;
    const struct format *found;
    *format = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!detect(&files[i], &found, err))
            return false;
        if (found == &native_format) {
            if (document < count)
                return refuse_second(&files[document], &files[i], err);
            document = i;
            *format = found;
        } else if (found != NULL) {
            second = trained < count ? i : second;
            trained = trained < count ? trained : i;
            *format = *format != NULL ? *format : found;
        }
    }
    if (second < count)
        return refuse_second(&files[trained], &files[second], err);
    *which = document < count ? document : trained;
    return true;
}

bool format_copy(const struct format_file *file, struct format_file *copy, struct err *err)
{
    char *data = mem_copy_text(file->data, file->size);
    *copy = (struct format_file){.name = file->name, .data = data, .size = file->size};
    return data != NULL || err_set(err, ERR_MEMORY, "no memory for %zu bytes", file->size);
}

bool format_read(const struct format *format, const struct format_file *file,
                 const struct format_settings *settings, struct trained *trained, struct err *err)
{
    struct format_file copy;
    if (!file->mapped || format->reads_mapped)
        return format->read(file, settings, trained, err);
    bool ok = format_copy(file, &copy, err) && format->read(&copy, settings, trained, err);
    free((char *)copy.data);
    return ok;
}

bool format_load(const struct format_file *files, size_t count, struct artifact *artifact,
                 struct err *err)
{
    const struct format *format;
    size_t which = 0;
    *artifact = (struct artifact){0};
    if (!find_model(files, count, &which, &format, err))
        return false;
    if (format == NULL)
        return refuse(files, count, err);
    bool ok = format->load != NULL ? format->load(files, count, which, artifact, err)
                                   : trained_load(format, &files[which], artifact, err);
    if (!ok)
        artifact_finish(artifact);
    return ok;
}
