/* "model": {"file": "model.ubj"}: a document that stands beside a trainer's file. */
#include <stdint.h>
#include <string.h>

#include "formats/foreign.h"
#include "formats/native.h"
#include "formats/trained.h"

#define ITERATIONS_MAX 10000000

static const char *const model_members[] = {"file",       "format", "missing",
                                            "iterations", "link",   NULL};

bool native_names_file(const struct node *document)
{
    struct node model, file;
    return node_member(document, "model", &model) && json_type(model.value) == JSON_OBJECT &&
           node_member(&model, "file", &file);
}

/* A name among the files that were read: nothing is ever opened by it. */
static bool find_file(const struct node *file, const struct native_files *files, size_t *which,
                      struct err *err)
{
    if (!node_expect(file, JSON_STRING, err))
        return false;
    const char *name = json_string(file->value, NULL);
    for (size_t i = 0; i < files->count; i++) {
        if (i != files->document && strcmp(files->files[i].name, name) == 0) {
            *which = i;
            return true;
        }
    }
    return node_fail(file, err, "there is no file '%.64s' beside the document", name);
}

static bool find_format(const struct node *model, const struct node *file,
                        const struct format_file *bytes, const struct format **format,
                        struct err *err)
{
    struct node node;
    *format = format_detect_trained(bytes);
    if (*format == NULL) {
        const char *sentence = foreign_describe(bytes);
        return node_fail(file, err, "%.64s %s", bytes->name,
                         sentence != NULL ? sentence : "is no model that this build knows");
    }
    if (!node_member(model, "format", &node))
        return true;
    if (!node_expect(&node, JSON_STRING, err))
        return false;
    const char *name = json_string(node.value, NULL);
    return strcmp(name, (*format)->name) == 0 ||
           node_fail(&node, err, "the file is of format \"%s\"", (*format)->name);
}

static bool read_iterations(const struct node *model, struct format_settings *settings,
                            struct err *err)
{
    struct node node;
    int64_t count;
    if (!node_member(model, "iterations", &node))
        return true;
    const char *text = json_string(node.value, NULL);
    if (strcmp(text, "best") == 0) {
        settings->iterations = FORMAT_ITERATIONS_BEST;
    } else if (strcmp(text, "all") == 0) {
        settings->iterations = FORMAT_ITERATIONS_ALL;
    } else if (json_integer(node.value, &count) && count >= 1 && count <= ITERATIONS_MAX) {
        settings->iterations = FORMAT_ITERATIONS_FIRST;
        settings->iteration_count = (size_t)count;
    } else {
        return node_fail(&node, err, "expected \"best\", \"all\" or a number from 1 to %d",
                         ITERATIONS_MAX);
    }
    return true;
}

static bool read_settings(const struct node *model, struct format_settings *settings,
                          struct err *err)
{
    struct node missing, link;
    if (node_member(model, "missing", &missing) && !node_number(&missing, &settings->missing, err))
        return false;
    if (node_member(model, "link", &link)) {
        if (!node_expect(&link, JSON_STRING, err))
            return false;
        settings->link = json_string(link.value, NULL);
    }
    return read_iterations(model, settings, err);
}

bool native_sidecar_read(const struct node *document, const struct native_files *files,
                         struct trained *trained, const struct format **format, struct err *err)
{
    struct node model, file;
    struct format_settings settings = FORMAT_SETTINGS_INIT;
    size_t which = 0;
    *format = NULL;
    node_member(document, "model", &model);
    node_member(&model, "file", &file);
    if (!node_only(&model, model_members, err) || !find_file(&file, files, &which, err) ||
        !find_format(&model, &file, &files->files[which], format, err) ||
        !read_settings(&model, &settings, err))
        return false;
    const struct format_file *bytes = &files->files[which];
    return format_read(*format, bytes, &settings, trained, err) ||
           err_prefix(err, "%s", bytes->name);
}

bool native_refuse_others(const struct native_files *files, struct err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (i != files->document && format_detect_trained(&files->files[i]) != NULL)
            return err_set(err, ERR_INVALID,
                           "has a model of its own, and %.64s beside it is one too; name it as "
                           "\"model\": {\"file\": ...} or take it away",
                           files->files[i].name);
    }
    return true;
}
