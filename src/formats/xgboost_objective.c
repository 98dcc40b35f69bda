#include "formats/xgboost_objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LEAST_STEP 1e-6F /* XGBoost's kRtEps */

/* The base score is stored as an answer, and is made a margin by the inverse of the link. */
enum base {
    BASE_MARGIN,
    BASE_LOGIT,
    BASE_LOGIT_UNTIL_1_3_0, /* binary:logitraw inherited it */
    BASE_LOG,
    BASE_EXPECTILES,
};

struct row {
    const char *name;
    enum base base;
    enum xgboost_link link;
    bool classifier;
    const char *task;
};

static const struct row rows[] = {
    {"binary:hinge", BASE_MARGIN, XGBOOST_SIGN, true, "classification"},
    {"binary:logistic", BASE_LOGIT, XGBOOST_LOGISTIC, true, "classification"},
    {"binary:logitraw", BASE_LOGIT_UNTIL_1_3_0, XGBOOST_LOGISTIC, true, "classification"},
    {"count:poisson", BASE_LOG, XGBOOST_EXP, false, "regression"},
    {"multi:softmax", BASE_MARGIN, XGBOOST_ARGMAX, true, "classification"},
    {"multi:softprob", BASE_MARGIN, XGBOOST_SOFTMAX, true, "classification"},
    {"rank:map", BASE_MARGIN, XGBOOST_IDENTITY, false, "ranking"},
    {"rank:ndcg", BASE_MARGIN, XGBOOST_IDENTITY, false, "ranking"},
    {"rank:pairwise", BASE_MARGIN, XGBOOST_IDENTITY, false, "ranking"},
    {"reg:absoluteerror", BASE_MARGIN, XGBOOST_IDENTITY, false, "regression"},
    {"reg:expectileerror", BASE_EXPECTILES, XGBOOST_EXPECTILES, false, "regression"},
    {"reg:gamma", BASE_LOG, XGBOOST_EXP, false, "regression"},
    {"reg:linear", BASE_MARGIN, XGBOOST_IDENTITY, false, "regression"},
    {"reg:logistic", BASE_LOGIT, XGBOOST_LOGISTIC, false, "regression"},
    {"reg:pseudohubererror", BASE_MARGIN, XGBOOST_IDENTITY, false, "regression"},
    {"reg:quantileerror", BASE_MARGIN, XGBOOST_SORTED, false, "regression"},
    {"reg:squarederror", BASE_MARGIN, XGBOOST_IDENTITY, false, "regression"},
    {"reg:squaredlogerror", BASE_MARGIN, XGBOOST_IDENTITY, false, "regression"},
    {"reg:tweedie", BASE_LOG, XGBOOST_EXP, false, "regression"},
    {"survival:aft", BASE_LOG, XGBOOST_EXP, false, "survival"},
    {"survival:cox", BASE_LOG, XGBOOST_EXP, false, "survival"},
};

static const struct {
    const char *name;
    struct xgboost_objective objective;
} links[] = {
    {"identity", {XGBOOST_IDENTITY, false, "regression"}},
    {"logistic", {XGBOOST_LOGISTIC, true, "classification"}},
    {"softmax", {XGBOOST_SOFTMAX, true, "classification"}},
    {"exp", {XGBOOST_EXP, false, "regression"}},
    {"hinge", {XGBOOST_SIGN, true, "classification"}},
};

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

static bool named_link(const char *link, struct xgboost_objective *objective, struct err *err)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (strcmp(links[i].name, link) == 0) {
            *objective = links[i].objective;
            return true;
        }
    }
    return err_set(err, ERR_INVALID,
                   "the link of an XGBoost model is \"identity\", \"logistic\", \"softmax\", "
                   "\"exp\" or \"hinge\"");
}

static bool own_link(const struct xgboost_document *document, struct xgboost_objective *objective,
                     struct err *err)
{
    const struct row *row = find_row(document->objective);
    if (row == NULL)
        return err_set(err, ERR_UNSUPPORTED,
                       "the objective '%.64s' is not known; a model document beside the file may "
                       "name its \"link\"",
                       document->objective);
    *objective = (struct xgboost_objective){row->link, row->classifier, row->task};
    bool one = xgboost_document_outputs(document) == 1;
    if (row->link == XGBOOST_SORTED && (one || !xgboost_document_since(document, 3, 4, 0)))
        objective->link = XGBOOST_IDENTITY;
    if (row->link == XGBOOST_EXPECTILES && one)
        objective->link = XGBOOST_IDENTITY;
    return true;
}

bool xgboost_objective_find(const struct xgboost_document *document, const char *link,
                            struct xgboost_objective *objective, struct err *err)
{
    if (!(link != NULL ? named_link(link, objective, err) : own_link(document, objective, err)))
        return false;
    size_t outputs = xgboost_document_outputs(document);
    bool softmax = objective->link == XGBOOST_SOFTMAX || objective->link == XGBOOST_ARGMAX;
    if (softmax && outputs == 1)
        return err_set(err, ERR_INVALID, "a softmax needs more than one class");
    /* Several labels at once: there is no one class to answer with. */
    if (!softmax && outputs > 1)
        objective->classifier = false;
    return true;
}

static float logit(const struct xgboost_document *document, float value)
{
    if (xgboost_document_since(document, 3, 2, 0))
        value = fminf(fmaxf(value, LEAST_STEP), 1.0F - LEAST_STEP);
    return -logf(1.0F / value - 1.0F);
}

static float softplus_inverse(float x)
{
    x = fmaxf(x, LEAST_STEP);
    return x + logf(-expm1f(-x));
}

static void to_margins(const struct xgboost_document *document, enum base base, float *values,
                       size_t count)
{
    for (size_t i = count; i-- > 0;) {
        if (base == BASE_LOGIT)
            values[i] = logit(document, values[i]);
        else if (base == BASE_LOG)
            values[i] = logf(values[i]);
        else if (base == BASE_EXPECTILES && i > 0) /* from the last one on */
            values[i] = softplus_inverse(values[i] - values[i - 1] - LEAST_STEP);
    }
}

float *xgboost_objective_base(const struct xgboost_document *document, struct err *err)
{
    const struct reader_singles *stored = &document->base_score;
    const struct row *row = find_row(document->objective);
    size_t outputs = xgboost_document_outputs(document);
    if (stored->count != 1 && stored->count != outputs) {
        err_set(err, ERR_INVALID, "base_score has %zu numbers for %zu outputs", stored->count,
                outputs);
        return NULL;
    }
    float *values = mem_array(outputs, sizeof *values);
    if (values == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a base score");
        return NULL;
    }
    for (size_t i = 0; i < outputs; i++)
        values[i] = stored->values[stored->count == 1 ? 0 : i];
    enum base base = row != NULL ? row->base : BASE_MARGIN;
    if (base == BASE_LOGIT_UNTIL_1_3_0)
        base = xgboost_document_since(document, 1, 3, 1) ? BASE_MARGIN : BASE_LOGIT;
    to_margins(document, base, values, outputs);
    for (size_t i = 0; i < outputs; i++) {
        if (isfinite(values[i]))
            continue;
        free(values);
        err_set(err, ERR_INVALID, "base_score is not one that %.64s takes", document->objective);
        return NULL;
    }
    return values;
}
