#include "protocols/v1_request.h"

#include <string.h>

#include "protocols/answer.h"
#include "protocols/instances.h"
#include "protocols/predictions.h"
#include "protocols/row_faults.h"

static bool refuse(struct v1_request *v1, const char *code, const char *sentence)
{
    protocol_answer_status(v1->job.response, 400, code, sentence);
    return false;
}

static const struct json *member(const struct v1_request *v1, const char *name, bool *found)
{
    return json_object_get(v1->tree.root, name, found);
}

static bool parse(struct v1_request *v1)
{
    static const char *const places[] = {"instances", "inputs", "inputs.*", NULL};
    static const struct json_wanted wanted = {.places = places, .dimensions = 2};
    return tree_parse(&v1->tree, v1->text, v1->length, &wanted, v1->job.request->arena,
                      v1->job.response) &&
           (json_type(v1->tree.root) == JSON_OBJECT ||
            refuse(v1, "invalid", "the body must be a JSON object"));
}

/* --- which outputs ------------------------------------------------------------------------- */

static bool choose_signature(struct v1_request *v1, const struct json *name)
{
    static const char standard[] = "serving_default";
    size_t length = 0;
    const char *text = json_type(name) == JSON_STRING ? json_string(name, &length) : NULL;
    if (json_type(name) == JSON_NULL || (text != NULL && strcmp(text, standard) == 0))
        return choices_read(&v1->choices, v1->job.graph, NULL, v1->job.response);
    if (text == NULL || graph_output_find(v1->job.graph, text, length) < 0)
        return refuse(v1, "unknown_output",
                      "Serving signature name not found in signature def: it is serving_default, "
                      "or the name of an output");
    return choices_read(&v1->choices, v1->job.graph, name, v1->job.response);
}

static bool choose(struct v1_request *v1)
{
    bool found = false;
    const struct json *parameters = member(v1, "parameters", &found);
    const struct json *output = NULL, *nan = NULL;
    size_t length;
    if (json_type(parameters) == JSON_OBJECT) {
        output = json_object_get(parameters, "output", &found);
        nan = json_object_get(parameters, "nan", &found);
    }
    v1->style.floats = true;
    v1->style.bare_nan =
        json_type(nan) == JSON_STRING && strcmp(json_string(nan, &length), "bare") == 0;
    bool ok = json_type(output) != JSON_NULL
                  ? choices_read(&v1->choices, v1->job.graph, output, v1->job.response)
                  : choose_signature(v1, member(v1, "signature_name", &found));
    v1->job.wanted = v1->choices.wanted;
    return ok;
}

static bool choose_faults(struct v1_request *v1)
{
    struct err err = ERR_INIT;
    if (row_faults_read(&v1->job.rows, member(v1, "parameters", &(bool){false}), &err))
        return true;
    protocol_answer_error(v1->job.response, &err);
    return false;
}

/* --- predict ------------------------------------------------------------------------------- */

static bool read_rows(struct v1_request *v1, bool by_row, const struct json *value)
{
    struct err err = ERR_INIT;
    struct job *job = &v1->job;
    const struct schema *schema = &job->graph->schema;
    size_t max_rows = job->context->max_rows;
    struct arena *arena = job->request->arena;
    bool ok;
    if (!by_row && json_type(value) == JSON_OBJECT)
        ok = instances_read_columns(&job->rows, schema, value, max_rows, arena, &err);
    else
        ok = instances_read(&job->rows, schema, value, by_row ? "instances" : "inputs", max_rows,
                            arena, &err);
    if (!ok)
        rows_answer_error(&job->rows, &err, job->response);
    return ok;
}

void v1_request_predict(struct v1_request *v1)
{
    bool has_instances = false, has_inputs = false;
    struct buf *body = &v1->job.response->body;
    if (!parse(v1))
        return;
    const struct json *instances = member(v1, "instances", &has_instances);
    const struct json *inputs = member(v1, "inputs", &has_inputs);
    if (v1->rows_only && !has_instances) {
        refuse(v1, "missing_input", "Missing 'instances' key");
        return;
    }
    if (has_instances && has_inputs) {
        refuse(v1, "invalid",
               "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to "
               "exist");
        return;
    }
    if (!has_instances && !has_inputs) {
        refuse(v1, "missing_input", "Missing 'inputs' or 'instances' key");
        return;
    }
    if (!choose(v1) || !choose_faults(v1) ||
        !read_rows(v1, has_instances, has_instances ? instances : inputs) || !job_compute(&v1->job))
        return;
    buf_put_text(body, has_instances ? "{\"predictions\":" : "{\"outputs\":");
    if (has_instances)
        predictions_write_rows(body, &v1->job, &v1->choices, &v1->style);
    else
        predictions_write_columns(body, &v1->job, &v1->choices, &v1->style);
    buf_put_char(body, '}');
    job_encoded(&v1->job);
}

/* --- classify and regress ------------------------------------------------------------------ */

static bool run_examples(struct v1_request *v1, int output)
{
    struct err err = ERR_INIT;
    struct job *job = &v1->job;
    bool found = false, has_examples = false;
    const struct json *examples = member(v1, "examples", &has_examples);
    const struct json *context = member(v1, "context", &found);
    v1->style.floats = true;
    choices_set(&v1->choices, job->graph, (size_t)output);
    job->wanted = v1->choices.wanted;
    if (!has_examples)
        return refuse(v1, "missing_input", "Missing 'examples' key");
    if (!choose_faults(v1))
        return false;
    if (!instances_read_examples(&job->rows, &job->graph->schema, examples, context,
                                 job->context->max_rows, job->request->arena, &err)) {
        rows_answer_error(&job->rows, &err, job->response);
        return false;
    }
    return job_compute(job);
}

static int find_output(const struct graph *graph, enum output_kind kind, bool single)
{
    for (size_t i = 0; i < graph->output_count; i++)
        if (graph->outputs[i].kind == kind && (!single || graph->outputs[i].cols == 1))
            return (int)i;
    return -1;
}

static void write_classes(struct buf *body, const struct v1_request *v1, const double *scores)
{
    const struct graph *graph = v1->job.graph;
    const struct graph_output *output = &graph->outputs[v1->choices.list[0].output];
    buf_put_char(body, '[');
    for (size_t i = 0; i < output->cols; i++) {
        buf_put_text(body, i > 0 ? ",[" : "[");
        results_write_label_text(body, graph, i);
        buf_put_char(body, ',');
        results_write_number(body, output, scores[i], &v1->style);
        buf_put_char(body, ']');
    }
    buf_put_char(body, ']');
}

void v1_request_classify(struct v1_request *v1)
{
    struct buf *body = &v1->job.response->body;
    int output = find_output(v1->job.graph, OUTPUT_PROBABILITY, false);
    if (output < 0) {
        refuse(v1, "unsupported",
               "Expected classification signature: the model has no probabilities of classes; "
               "use :predict");
        return;
    }
    if (!parse(v1) || !run_examples(v1, output))
        return;
    buf_put_text(body, "{\"results\":[");
    for (size_t row = 0; row < v1->job.rows.frame.matrix.rows; row++) {
        if (row > 0)
            buf_put_char(body, ',');
        if (row_faults_has(&v1->job.rows, row))
            row_faults_write(&v1->job.rows, row, body);
        else
            write_classes(body, v1, matrix_row(&v1->job.results[output], row));
    }
    buf_put_text(body, "]}");
    job_encoded(&v1->job);
}

void v1_request_regress(struct v1_request *v1)
{
    struct buf *body = &v1->job.response->body;
    int output = find_output(v1->job.graph, OUTPUT_VALUE, true);
    if (output < 0) {
        refuse(v1, "unsupported",
               "Expected regression signature: the model has no output of one value; use "
               ":predict");
        return;
    }
    if (!parse(v1) || !run_examples(v1, output))
        return;
    buf_put_text(body, "{\"results\":");
    predictions_write_rows(body, &v1->job, &v1->choices, &v1->style);
    buf_put_char(body, '}');
    job_encoded(&v1->job);
}

void v1_request_finish(struct v1_request *v1)
{
    tree_finish(&v1->tree);
}
