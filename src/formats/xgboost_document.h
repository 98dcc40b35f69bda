/* What an XGBoost file says, but for its trees: JSON or UBJSON, {"version": [..], "learner": {..}},
 * or a memory snapshot that has such a document as its "Model". */
#ifndef OMEN_FORMATS_XGBOOST_DOCUMENT_H
#define OMEN_FORMATS_XGBOOST_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/reader.h"
#include "formats/format.h"

/* More than any model has; keeps a short file from asking for much memory. */
#define XGBOOST_OUTPUTS_MAX ((size_t)10000)
#define XGBOOST_TREES_MAX ((size_t)10000000)
#define XGBOOST_VALUES_MAX ((size_t)1 << 30)

struct xgboost_names {
    char **items;
    size_t count, capacity;
};

struct xgboost_document {
    struct reader *reader; /* of the whole file */
    struct err *err;       /* for what the functions below find */
    struct reader_integers version;
    char *booster, *objective;
    char *wrapper;                    /* what the scikit-learn wrapper left behind, or NULL */
    struct reader_singles base_score; /* not yet a margin */
    struct reader_singles alphas;     /* quantiles or expectiles */
    int64_t classes, targets, features;
    int64_t best_iteration, best_trees; /* -1: not said */
    int64_t tree_count, parallel_trees; /* -1: not said */
    struct xgboost_names names, types;
    struct reader_integers tree_groups, iteration_ends;
    struct reader_singles drop_weights; /* of dart */
    struct reader_singles weights;      /* of gblinear */
    struct reader_span trees, cats;     /* data NULL: not there */
    uint32_t seen[16];                  /* members read so far, by object */
};

/* True if the first bytes are those of such a file. */
bool xgboost_document_detect(const struct format_file *file);
/* To be finished whatever is returned. **Keeps** file's data and err. */
bool xgboost_document_read(struct xgboost_document *document, const struct format_file *file,
                           struct err *err);
void xgboost_document_finish(struct xgboost_document *document);

/* The file was written by that release or a later one. */
bool xgboost_document_since(const struct xgboost_document *document, int major, int minor,
                            int patch);
/* Columns of margins. */
size_t xgboost_document_outputs(const struct xgboost_document *document);

#endif
