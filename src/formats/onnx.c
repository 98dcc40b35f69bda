#include "formats/onnx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "formats/onnx_labels.h"
#include "formats/onnx_op.h"
#include "formats/onnx_read.h"
#include "formats/onnx_wire.h"

static bool onnx_detect(const struct format_file *file)
{
    return onnx_wire_detect(file->data, file->size);
}

/* ONNX says all of this in the graph itself. */
static bool check_settings(const struct format_settings *settings, struct err *err)
{
    if (!isnan(settings->missing))
        return err_set(err, ERR_UNSUPPORTED, "an ONNX file has no other missing value than NaN");
    if (settings->iterations == FORMAT_ITERATIONS_FIRST)
        return err_set(err, ERR_UNSUPPORTED, "an ONNX file has no iterations");
    return settings->link == NULL ||
           err_set(err, ERR_UNSUPPORTED, "the link of an ONNX file is part of its graph");
}

/* Operators that know what to do with NaN. Other graphs would pass it on, or worse. */
static bool takes_missing(const Onnx__Graph *graph)
{
    static const char *const names[] = {"Imputer",
                                        "IsNaN",
                                        "LabelEncoder",
                                        "TreeEnsemble",
                                        "TreeEnsembleClassifier",
                                        "TreeEnsembleRegressor",
                                        NULL};
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t j = 0; names[j] != NULL; j++) {
            const char *type = graph->node[i]->op_type;
            if (type != NULL && strcmp(type, names[j]) == 0)
                return true;
        }
    }
    return false;
}

static bool describe_outputs(struct onnx_file *file, struct onnx_output *outputs, struct err *err)
{
    Onnx__Graph *graph = file->model->graph;
    struct onnx_labels *zipped;
    char **names;
    if (!onnx_labels_unpack(graph, &zipped, &names, &file->arena, err))
        return false;
    for (size_t i = 0; i < graph->n_output; i++) {
        outputs[i] = (struct onnx_output){
            .name = names[i], .labels = zipped[i], .zipped = zipped[i].count > 0};
        if (!outputs[i].zipped && !onnx_labels_trace(graph, graph->output[i]->name,
                                                     &outputs[i].labels, &file->arena, err))
            return false;
    }
    return true;
}

static bool name_outputs(struct trained *trained, struct err *err)
{
    trained->output_names = mem_array(trained->op->output_count, sizeof(char *));
    bool good = trained->output_names != NULL;
    for (size_t i = 0; good && i < trained->op->output_count; i++) {
        const char *name = onnx_op_output_name(trained->op, i);
        if (name == NULL)
            continue;
        trained->output_names[i] = mem_copy_text(name, strlen(name));
        good = trained->output_names[i] != NULL;
    }
    return good || err_set(err, ERR_MEMORY, "no memory for the names of its outputs");
}

static const char *text(const char *given)
{
    return given != NULL ? given : "";
}

static bool add_facts(struct trained *trained, const Onnx__Model *model, struct err *err)
{
    char trainer[160];
    int length = snprintf(trainer, sizeof trainer, "%.100s%s%.50s", text(model->producer_name),
                          text(model->producer_version)[0] != '\0' ? " " : "",
                          text(model->producer_version));
    const char *task = trained->op->classes > 0 ? "classification" : "regression";
    trained->task = mem_copy_text(task, strlen(task));
    if (length > 0)
        trained->trainer = mem_copy_text(trainer, (size_t)length);
    if (trained->task == NULL || (length > 0 && trained->trainer == NULL))
        return err_set(err, ERR_MEMORY, "no memory for what the file says of itself");
    for (size_t i = 0; i < model->n_opset_import && i < 16; i++) {
        const char *domain = text(model->opset_import[i]->domain);
        if (!trained_add_fact(trained, err, "operator set", "%.80s %lld",
                              domain[0] != '\0' ? domain : "ai.onnx",
                              (long long)model->opset_import[i]->version))
            return false;
    }
    return trained_add_fact(trained, err, "IR version", "%lld", (long long)model->ir_version) &&
           trained_add_fact(trained, err, "nodes", "%zu", model->graph->n_node) &&
           trained_add_fact(trained, err, "nodes that run", "%zu",
                            program_node_count(onnx_op_program(trained->op)));
}

static bool assemble(struct trained *trained, struct onnx_file *file, struct err *err)
{
    struct onnx_output outputs[OP_OUTPUTS_MAX];
    if (file->model->graph == NULL)
        return err_set(err, ERR_INVALID, "it has no graph");
    if (!describe_outputs(file, outputs, err))
        return false;
    struct program *program = onnx_program_create(file, err);
    if (program == NULL)
        return false;
    trained->op = onnx_op_create(program, outputs, err);
    return trained->op != NULL &&
           onnx_inputs_schema(onnx_op_inputs(trained->op), onnx_op_program(trained->op),
                              takes_missing(file->model->graph), &trained->schema, err) &&
           onnx_op_labels(trained->op, &trained->labels, err) && name_outputs(trained, err) &&
           add_facts(trained, file->model, err);
}

static bool onnx_read(const struct format_file *from, const struct format_settings *settings,
                      struct trained *trained, struct err *err)
{
    struct onnx_file file;
    if (!check_settings(settings, err) || !onnx_file_read(&file, from->data, from->size, err))
        return false;
    bool good = assemble(trained, &file, err);
    onnx_file_finish(&file);
    return good;
}

const struct format onnx_format = {
    .name = "onnx",
    .detect = onnx_detect,
    .read = onnx_read,
};
