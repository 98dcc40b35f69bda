#include "graph/ops/members.h"

#include <stdlib.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/graph.h"

const struct op *member_last(const struct member *member)
{
    return member->pipeline.steps[member->pipeline.count - 1];
}

uint32_t member_output(const struct member *member, enum output_kind kind)
{
    const struct op *last = member_last(member);
    for (size_t i = 0; i < last->output_count; i++)
        if (last->outputs[i].kind == kind)
            return (uint32_t)i;
    return MEMBER_NO_OUTPUT;
}

size_t member_columns(const struct member *member, uint32_t output)
{
    return member_last(member)->outputs[output].cols;
}

/* An answer of the widest output may stand in scratch while the steps run. */
static void member_count(const struct member *member, struct op *op)
{
    const struct op *last = member_last(member);
    size_t widest = 0;
    for (size_t i = 0; i < last->output_count; i++)
        widest = last->outputs[i].cols > widest ? last->outputs[i].cols : widest;
    size_t width = widest + pipeline_width(&member->pipeline, false);
    op->scratch_width = width > op->scratch_width ? width : op->scratch_width;
    op->bytes += sizeof *member + pipeline_bytes(&member->pipeline);
}

static bool steps_read(struct member *member, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct columns columns = {0};
    size_t count = params_length(params, "steps");
    if (count == 0)
        return params_fail(params, "steps", err, "expected a list of steps that is not empty");
    bool ok = columns_copy(&columns, in, err);
    for (size_t i = 0; ok && i < count; i++) {
        struct params *step = params_element(params, "steps", i, err);
        ok = step != NULL && pipeline_add(&member->pipeline, step, &columns, err);
    }
    columns_finish(&columns);
    return ok;
}

bool member_read(struct member *member, struct op *op, struct params *params,
                 const struct columns *in, struct err *err)
{
    if (!steps_read(member, params, in, err))
        return false;
    member_count(member, op);
    return true;
}

void member_finish(struct member *member)
{
    pipeline_finish(&member->pipeline);
    free(member->classes);
}

static bool member_element(struct members *members, size_t index, struct op *op,
                           struct params *params, const struct columns *in, struct err *err)
{
    struct params *element = params_element(params, "estimators", index, err);
    return element != NULL && member_read(&members->items[index], op, element, in, err);
}

bool members_read(struct members *members, struct op *op, struct params *params,
                  const struct columns *in, struct err *err)
{
    size_t count = params_length(params, "estimators");
    if (count == 0)
        return params_fail(params, "estimators", err, "expected a list that is not empty");
    members->items = mem_array(count, sizeof *members->items);
    if (members->items == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu estimators", count);
    members->count = count;
    for (size_t i = 0; i < count; i++)
        if (!member_element(members, i, op, params, in, err))
            return false;
    return true;
}

void members_finish(struct members *members)
{
    for (size_t i = 0; members->items != NULL && i < members->count; i++)
        member_finish(&members->items[i]);
    free(members->items);
    *members = (struct members){0};
}

static bool classes_read(struct member *member, size_t all, struct params *params, struct err *err)
{
    size_t own = member_last(member)->classes;
    if (own == 0)
        return params_fail(params, "steps", err, "the last one is not a classifier");
    if (!params_has(params, "classes"))
        return own == all ||
               params_fail(params, "steps", err, "expected %zu classes, got %zu", all, own);
    size_t count;
    if (!op_read_positions(params, "classes", all, &member->classes, &count, err))
        return false;
    return count == own ||
           params_fail(params, "classes", err, "expected %zu positions, got %zu", own, count);
}

bool members_read_classifiers(struct members *members, struct op *op, struct params *params,
                              const struct columns *in, struct err *err)
{
    if (!members_read(members, op, params, in, err) ||
        !params_count_or(params, "classes", member_last(&members->items[0])->classes, 0,
                         OP_COLUMNS_MAX, &op->classes, err))
        return false;
    for (size_t i = 0; i < members->count; i++) {
        struct params *element = params_element(params, "estimators", i, err);
        if (element == NULL || !classes_read(&members->items[i], op->classes, element, err))
            return false;
    }
    return true;
}

bool member_run(const struct member *member, const struct matrix *in, uint32_t output,
                struct matrix *answer, struct arena *scratch, struct err *err)
{
    struct matrix outs[OP_OUTPUTS_MAX] = {0};
    outs[output] = *answer;
    return pipeline_run(&member->pipeline, in, outs, UINT32_C(1) << output, scratch, err);
}

bool member_answer(const struct member *member, const struct matrix *in, uint32_t output,
                   struct matrix *answer, struct arena *scratch, struct err *err)
{
    *answer = matrix_in_arena(scratch, in->rows, member_columns(member, output));
    if (answer->data == NULL)
        return op_no_room(in->rows, answer->cols, err);
    return member_run(member, in, output, answer, scratch, err);
}

bool members_need(const struct members *members, struct params *params, enum output_kind kind,
                  size_t cols, struct err *err)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->items[i];
        uint32_t output = member_output(member, kind);
        if (output == MEMBER_NO_OUTPUT)
            return params_fail(params, "estimators", err, "element %zu has no output \"%s\"", i,
                               graph_output_kind_name(kind));
        if (cols != PARAMS_ANY && member_columns(member, output) != cols)
            return params_fail(params, "estimators", err,
                               "element %zu makes %zu columns of \"%s\", expected %zu", i,
                               member_columns(member, output), graph_output_kind_name(kind), cols);
    }
    return true;
}

bool member_response_read(const struct member *member, struct params *params,
                          struct member_response *response, struct err *err)
{
    static const char *const names[] = {"score", "probability", NULL};
    static const enum output_kind kinds[] = {OUTPUT_SCORE, OUTPUT_PROBABILITY};
    int usual = member_output(member, OUTPUT_SCORE) == MEMBER_NO_OUTPUT, chosen;
    if (!params_choice_or(params, "response", names, usual, &chosen, err))
        return false;
    response->output = member_output(member, kinds[chosen]);
    if (response->output == MEMBER_NO_OUTPUT)
        return params_fail(params, "response", err, "the estimator has no output \"%s\"",
                           names[chosen]);
    size_t cols = member_columns(member, response->output);
    response->first = kinds[chosen] == OUTPUT_PROBABILITY && cols == 2;
    response->count = cols - response->first;
    return true;
}

bool member_respond(const struct member *member, const struct matrix *in,
                    const struct member_response *response, struct matrix *answer,
                    struct arena *scratch, struct err *err)
{
    if (!member_answer(member, in, response->output, answer, scratch, err))
        return false;
    answer->data += response->first;
    answer->cols = response->count;
    return true;
}
