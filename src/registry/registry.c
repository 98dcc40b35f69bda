#include "registry/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "registry/registry_private.h"
#include "registry/scan.h"
#include "base/version.h"

static bool lock_init(pthread_rwlock_t *lock)
{
    /* Requests take it for reading all the time; the loader must get its turn. */
    pthread_rwlockattr_t attributes;
    if (pthread_rwlockattr_init(&attributes) != 0)
        return false;
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    bool ok = pthread_rwlock_init(lock, &attributes) == 0;
    pthread_rwlockattr_destroy(&attributes);
    return ok;
}

struct registry *registry_create(const struct registry_options *options, struct err *err)
{
    struct registry *registry = mem_array(1, sizeof *registry);
    if (registry == NULL || !lock_init(&registry->lock)) {
        free(registry);
        err_set(err, ERR_MEMORY, "no memory for the registry");
        return NULL;
    }
    registry->options = *options;
    if (registry->options.keep == 0)
        registry->options.keep = 1;
    registry->load = format_load;
    registry->collect_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool ok = true;
    if (registry->collect_fd < 0)
        ok = err_set_errno(err, ERR_IO, errno, "eventfd");
    else if (options->metrics != NULL && !registry_metrics_add(registry))
        ok = err_set(err, ERR_MEMORY, "no memory for the models' metrics");
    if (ok)
        return registry;
    registry_destroy(registry);
    return NULL;
}

void registry_destroy(struct registry *registry)
{
    if (registry == NULL)
        return;
    scan_forget_all(registry);
    registry_collect(registry);
    metrics_series_destroy(registry->swaps);
    model_metrics_destroy(registry->unrouted);
    model_metrics_families_destroy(registry->families);
    if (registry->collect_fd >= 0)
        close(registry->collect_fd);
    pthread_rwlock_destroy(&registry->lock);
    for (size_t i = 0; i < registry->withheld_count; i++)
        free(registry->withheld[i]);
    free(registry->withheld);
    free(registry->models);
    free(registry->default_name);
    free(registry);
}

void registry_set_default(struct registry *registry, const char *name)
{
    char *copy = name != NULL && name[0] != '\0' ? mem_copy_text(name, strlen(name)) : NULL;
    pthread_rwlock_wrlock(&registry->lock);
    char *old = registry->default_name;
    registry->default_name = copy;
    atomic_fetch_add(&registry->generation, 1);
    pthread_rwlock_unlock(&registry->lock);
    free(old);
}

int registry_collect_fd(const struct registry *registry)
{
    return registry->collect_fd;
}

bool registry_is_ready(struct registry *registry)
{
    return atomic_load(&registry->live_count) > 0;
}

bool registry_has_scanned(struct registry *registry)
{
    pthread_rwlock_rdlock(&registry->lock);
    bool scanned = registry->scanned;
    pthread_rwlock_unlock(&registry->lock);
    return scanned;
}

struct model_metrics *registry_unrouted_metrics(const struct registry *registry)
{
    return registry->unrouted;
}

/* --- acquiring ----------------------------------------------------------------------------- */

static int known_compare(const void *name, const void *known)
{
    const struct known *const *place = known;
    return strcmp(name, (*place)->name);
}

static const struct known *known_find(const struct registry *registry, const char *name)
{
    if (registry->model_count == 0)
        return NULL;
    struct known *const *place = bsearch(name, registry->models, registry->model_count,
                                         sizeof(struct known *), known_compare);
    return place != NULL && (*place)->slot_count > 0 ? *place : NULL;
}

/* Appends ", word" while there is room for it; then "..." once. */
static void list_add(char *text, size_t size, const char *word)
{
    size_t length = strlen(text);
    if (length >= 3 && strcmp(text + length - 3, "...") == 0)
        return;
    bool fits = length + strlen(word) + sizeof ", ..." < size;
    snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", fits ? word : "...");
}

static void list_models(const struct registry *registry, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < registry->model_count; i++)
        if (registry->models[i]->slot_count > 0)
            list_add(text, size, registry->models[i]->name);
}

static const struct known *refuse_model(const struct registry *registry, const char *what,
                                        struct err *err)
{
    char names[ERR_TEXT_SIZE - 100];
    list_models(registry, names, sizeof names);
    if (!registry->scanned)
        err_set(err, ERR_UNAVAILABLE, "the models are still being loaded");
    else if (names[0] == '\0')
        err_set(err, ERR_UNAVAILABLE, "there is no model");
    else
        err_set(err, ERR_NOT_FOUND, "%s; there is: %s", what, names);
    return NULL;
}

static const struct known *choose_only(const struct registry *registry, struct err *err)
{
    const struct known *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < registry->model_count; i++) {
        if (registry->models[i]->slot_count == 0)
            continue;
        only = registry->models[i];
        count++;
    }
    return count == 1 ? only : refuse_model(registry, "no model is the default, so name one", err);
}

static const struct known *choose_model(const struct registry *registry, const char *name,
                                        struct err *err)
{
    bool by_default = name == NULL || name[0] == '\0';
    if (by_default && registry->default_name == NULL)
        return choose_only(registry, err);
    const struct known *known = known_find(registry, by_default ? registry->default_name : name);
    if (known != NULL)
        return known;
    return refuse_model(registry, by_default ? "the default model is not there" : "no such model",
                        err);
}

static struct model *refuse_version(const struct known *known, struct err *err)
{
    char versions[ERR_TEXT_SIZE - 200] = "";
    for (size_t i = 0; i < known->slot_count; i++)
        if (known->slots[i]->model != NULL)
            list_add(versions, sizeof versions, known->slots[i]->version);
    if (versions[0] == '\0')
        err_set(err, ERR_UNAVAILABLE, "no version of %s is live", known->name);
    else
        err_set(err, ERR_NOT_FOUND, "no such version of %s is live; there is: %s", known->name,
                versions);
    return NULL;
}

static const struct slot *live_find(const struct known *known, const char *version)
{
    for (size_t i = 0; i < known->slot_count; i++) {
        const struct slot *slot = known->slots[i];
        if (slot->model != NULL && (version == NULL || strcmp(slot->version, version) == 0))
            return slot;
    }
    return NULL;
}

const struct slot *registry_default_slot(const struct known *known)
{
    const struct slot *slot = known->current != NULL ? live_find(known, known->current) : NULL;
    return slot != NULL ? slot : live_find(known, NULL);
}

static struct model *choose_version(const struct known *known, const char *version, struct err *err)
{
    bool by_default = version == NULL || version[0] == '\0';
    const struct slot *slot = by_default ? registry_default_slot(known) : live_find(known, version);
    return slot != NULL ? slot->model : refuse_version(known, err);
}

/* Published, so it has at least one user and cannot be freed under the lock. */
static struct model *model_keep(struct model *model)
{
    atomic_fetch_add_explicit(&model->private_->users, 1, memory_order_relaxed);
    return model;
}

struct model *registry_acquire(struct registry *registry, const char *name, const char *version,
                               struct err *err)
{
    struct model *model = NULL;
    pthread_rwlock_rdlock(&registry->lock);
    const struct known *known = choose_model(registry, name, err);
    if (known != NULL)
        model = choose_version(known, version, err);
    if (model != NULL)
        model_keep(model);
    pthread_rwlock_unlock(&registry->lock);
    return model;
}

static struct model *known_newest(const struct known *known)
{
    for (size_t i = 0; i < known->slot_count; i++)
        if (known->slots[i]->model != NULL)
            return known->slots[i]->model;
    return NULL;
}

bool registry_acquire_all(struct registry *registry, struct model ***models, size_t *count)
{
    *count = 0;
    pthread_rwlock_rdlock(&registry->lock);
    size_t most = registry->model_count;
    struct model **list = most > 0 ? mem_array(most, sizeof(struct model *)) : NULL;
    for (size_t i = 0; list != NULL && i < most; i++) {
        struct model *model = known_newest(registry->models[i]);
        if (model != NULL)
            list[(*count)++] = model_keep(model);
    }
    pthread_rwlock_unlock(&registry->lock);
    *models = list;
    return list != NULL || most == 0;
}

uint64_t registry_generation(const struct registry *registry)
{
    return atomic_load(&registry->generation);
}

void registry_release(struct registry *registry, struct model *model)
{
    if (model == NULL)
        return;
    /* After the last one, the loader may free it at any moment: only the registry is touched. */
    if (atomic_fetch_sub_explicit(&model->private_->users, 1, memory_order_acq_rel) == 1)
        eventfd_write(registry->collect_fd, 1);
}
