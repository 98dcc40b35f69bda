#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "registry/registry_private.h"
#include "registry/selftest.h"

void model_destroy(struct model *model)
{
    if (model == NULL)
        return;
    artifact_finish(&model->artifact);
    model_metrics_destroy(model->metrics);
    free(model->name);
    free(model->version);
    free(model->private_);
    free(model);
}

static struct model *model_allocate(const char *name, const char *version)
{
    struct model *model = mem_array(1, sizeof *model);
    if (model == NULL)
        return NULL;
    model->name = mem_copy_text(name, strlen(name));
    model->version = mem_copy_text(version, strlen(version));
    model->private_ = mem_array(1, sizeof *model->private_);
    if (model->name != NULL && model->version != NULL && model->private_ != NULL) {
        atomic_init(&model->private_->users, 1);
        return model;
    }
    model_destroy(model);
    return NULL;
}

static bool model_load(struct registry *registry, struct model *model, struct bundle *bundle,
                       struct err *err)
{
    bool ok = registry->load(bundle->files, bundle->count, &model->artifact, err);
    if (!bundle_is_unchanged(bundle, err) || !ok)
        return false;
    if (model->artifact.graph == NULL)
        return err_set(err, ERR_INTERNAL, "the format made no model");
    bundle_finish(bundle); /* before the self-test needs memory of its own */
    return selftest_run(&model->artifact, err);
}

struct model *model_create(struct registry *registry, const char *name, const char *version,
                           struct bundle *bundle, struct err *err)
{
    struct model *model = model_allocate(name, version);
    if (model == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the model");
        return NULL;
    }
    memcpy(model->digest, bundle->digest, sizeof model->digest);
    model->file_bytes = bundle->bytes;
    if (!model_load(registry, model, bundle, err)) {
        model_destroy(model);
        return NULL;
    }
    /* Without it the version goes uncounted, which is better than not live. */
    model->metrics = model_metrics_create(registry->families, name, version);
    return model;
}
