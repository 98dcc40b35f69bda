/* One pass over the models directory: what is new or changed is loaded beside what is live, and
 * only what proved itself takes its place. */
#include "registry/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/clock.h"
#include "base/mem.h"
#include "registry/listing.h"
#include "base/version.h"

#define PATH_SIZE 264 /* two safe names and a slash */

static void tell(const struct registry *registry, const char *event, const char *model,
                 const char *version, const char *reason)
{
    if (registry->options.on_event != NULL)
        registry->options.on_event(registry->options.context, event, model, version, reason);
}

/* --- publishing and retiring --------------------------------------------------------------- */

/* Puts a model (or NULL) in the slot and hands the one before to its last user. */
static void slot_publish(struct registry *registry, struct slot *slot, struct model *model)
{
    pthread_rwlock_wrlock(&registry->lock);
    struct model *old = slot->model;
    slot->model = model;
    if (old != NULL) {
        old->private_->next = registry->retired;
        registry->retired = old;
    }
    atomic_fetch_add(&registry->generation, 1);
    pthread_rwlock_unlock(&registry->lock);
    if (model != NULL)
        atomic_fetch_add(&registry->live_count, 1);
    if (old != NULL) {
        atomic_fetch_sub(&registry->live_count, 1);
        registry_release(registry, old);
    }
}

static void slot_free(struct slot *slot)
{
    if (slot == NULL)
        return;
    free(slot->version);
    free(slot->reason);
    free(slot);
}

/* Takes the slot out of the table. */
static void slot_drop(struct registry *registry, struct known *known, size_t index)
{
    struct slot *slot = known->slots[index];
    bool was_live = slot->model != NULL;
    slot_publish(registry, slot, NULL);
    pthread_rwlock_wrlock(&registry->lock);
    known->slot_count--;
    for (size_t i = index; i < known->slot_count; i++)
        known->slots[i] = known->slots[i + 1];
    pthread_rwlock_unlock(&registry->lock);
    if (was_live)
        tell(registry, "retired", known->name, slot->version, NULL);
    slot_free(slot);
}

static void known_free(struct known *known)
{
    if (known == NULL)
        return;
    metrics_series_destroy(known->loads);
    metrics_series_destroy(known->failures);
    free(known->slots);
    free(known->current);
    free(known->name);
    free(known);
}

static void known_drop(struct registry *registry, size_t index)
{
    struct known *known = registry->models[index];
    bool had_versions = known->slot_count > 0;
    while (known->slot_count > 0)
        slot_drop(registry, known, known->slot_count - 1);
    pthread_rwlock_wrlock(&registry->lock);
    registry->model_count--;
    for (size_t i = index; i < registry->model_count; i++)
        registry->models[i] = registry->models[i + 1];
    pthread_rwlock_unlock(&registry->lock);
    if (had_versions)
        tell(registry, "removed", known->name, "", NULL);
    known_free(known);
}

void scan_forget_all(struct registry *registry)
{
    registry->options.on_event = NULL;
    while (registry->model_count > 0)
        known_drop(registry, registry->model_count - 1);
}

size_t registry_collect(struct registry *registry)
{
    struct model *freed = NULL;
    size_t held = 0;
    eventfd_t count;
    eventfd_read(registry->collect_fd, &count);
    pthread_rwlock_wrlock(&registry->lock);
    for (struct model **link = &registry->retired; *link != NULL;) {
        struct model *model = *link;
        if (atomic_load_explicit(&model->private_->users, memory_order_acquire) > 0) {
            link = &model->private_->next;
            held++;
            continue;
        }
        *link = model->private_->next;
        model->private_->next = freed;
        freed = model;
    }
    pthread_rwlock_unlock(&registry->lock);
#ifdef __GLIBC__
    bool trim = freed != NULL;
#endif
    while (freed != NULL) {
        struct model *next = freed->private_->next;
        model_destroy(freed);
        freed = next;
    }
#ifdef __GLIBC__
    if (trim)
        malloc_trim(0); /* ten thousand swaps leave nothing behind */
#endif
    return held;
}

/* --- one version --------------------------------------------------------------------------- */

static void slot_set_reason(struct registry *registry, struct slot *slot, const char *reason)
{
    char *copy = reason != NULL ? mem_copy_text(reason, strlen(reason)) : NULL;
    pthread_rwlock_wrlock(&registry->lock);
    char *old = slot->reason;
    slot->reason = copy;
    slot->loading = false;
    pthread_rwlock_unlock(&registry->lock);
    free(old);
}

/* A refusal is told once, however often the same files are met. */
static void slot_refuse(struct registry *registry, struct known *known, struct slot *slot,
                        const struct err *err)
{
    bool told = slot->reason != NULL && strcmp(slot->reason, err->text) == 0 &&
                strcmp(slot->refused, slot->digest) == 0;
    memcpy(slot->refused, slot->digest, sizeof slot->refused);
    slot_set_reason(registry, slot, err->text);
    if (told)
        return;
    metrics_add(known->failures, 1);
    tell(registry, "failed", known->name, slot->version, err->text);
}

static void slot_accept(struct registry *registry, struct known *known, struct slot *slot,
                        struct model *model)
{
    bool swap = slot->model != NULL;
    slot_set_reason(registry, slot, NULL);
    slot_publish(registry, slot, model);
    metrics_add(known->loads, 1);
    if (swap)
        metrics_add(registry->swaps, 1);
    tell(registry, swap ? "replaced" : "live", known->name, slot->version, NULL);
}

/* The files were read: load them unless their very content is live or was refused already. */
static void slot_load(struct registry *registry, struct known *known, struct slot *slot,
                      struct bundle *bundle, int64_t begun)
{
    struct err err = ERR_INIT;
    bool same_as_live = slot->model != NULL && strcmp(slot->model->digest, bundle->digest) == 0;
    bool refused_before = slot->reason != NULL && strcmp(slot->digest, bundle->digest) == 0;
    memcpy(slot->digest, bundle->digest, sizeof slot->digest);
    if (same_as_live) {
        slot_set_reason(registry, slot, NULL); /* a bad replacement was taken back */
        return;
    }
    if (refused_before)
        return;
    struct model *model = model_create(registry, known->name, slot->version, bundle, &err);
    if (model == NULL) {
        if (err.code == ERR_MEMORY || err.code == ERR_UNAVAILABLE) {
            slot->print.text[0] = '\0'; /* not the files' fault: the next scan tries again, */
            slot->digest[0] = '\0';     /* though they have not changed */
        }
        slot_refuse(registry, known, slot, &err);
        return;
    }
    model->load_duration_ns = clock_monotonic_ns() - begun;
    model->loaded_wall_ns = clock_wall_ns();
    slot_accept(registry, known, slot, model);
}

static void slot_read(struct registry *registry, struct known *known, struct slot *slot,
                      int models_fd, const char *path)
{
    const struct bundle_limits limits = {registry->options.max_bytes, registry->options.max_files};
    struct bundle bundle = {0};
    struct err err = ERR_INIT;
    int64_t begun = clock_monotonic_ns();
    bool ok = bundle_read(models_fd, path, &limits, &bundle, &slot->print, &err);
    if (!ok) {
        slot->digest[0] = '\0';
        if (err.code == ERR_MEMORY || err.code == ERR_UNAVAILABLE || err.code == ERR_IO)
            slot->print.text[0] = '\0'; /* may pass without a change of the files */
        if (err.code != ERR_NOT_FOUND)  /* gone since it was listed: the next scan will see */
            slot_refuse(registry, known, slot, &err);
        return;
    }
    if (!slot->print.settled)
        slot->print.text[0] = '\0'; /* another change could look the same: look once more */
    slot_load(registry, known, slot, &bundle, begun);
    bundle_finish(&bundle);
}

static void slot_refresh(struct registry *registry, struct known *known, struct slot *slot,
                         int models_fd)
{
    const struct bundle_limits limits = {registry->options.max_bytes, registry->options.max_files};
    char path[PATH_SIZE];
    struct bundle_print print;
    struct err err = ERR_INIT;
    if (slot->alone)
        snprintf(path, sizeof path, "%s.json", known->name);
    else
        snprintf(path, sizeof path, "%s/%s", known->name, slot->version);
    if (!bundle_print_take(models_fd, path, &limits, &print, &err)) {
        slot->print.text[0] = '\0';
        if (err.code != ERR_NOT_FOUND)
            slot_refuse(registry, known, slot, &err);
    } else if (strcmp(print.text, slot->print.text) != 0) {
        slot_read(registry, known, slot, models_fd, path);
    }
    if (slot->loading)
        slot_set_reason(registry, slot, slot->reason);
}

/* --- one model ----------------------------------------------------------------------------- */

static struct slot *slot_find(const struct known *known, const char *version, size_t *place)
{
    size_t i = 0;
    while (i < known->slot_count && version_compare(known->slots[i]->version, version) > 0)
        i++;
    *place = i;
    bool found = i < known->slot_count && strcmp(known->slots[i]->version, version) == 0;
    return found ? known->slots[i] : NULL;
}

static struct slot *slot_add(struct registry *registry, struct known *known, const char *version,
                             size_t place)
{
    struct slot *slot = mem_array(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    slot->loading = true;
    slot->version = mem_copy_text(version, strlen(version));
    pthread_rwlock_wrlock(&registry->lock);
    struct slot **slots = mem_resize(known->slots, known->slot_count + 1, sizeof(struct slot *));
    if (slots != NULL)
        known->slots = slots;
    bool ok = slots != NULL && slot->version != NULL;
    if (ok) {
        for (size_t i = known->slot_count++; i > place; i--)
            slots[i] = slots[i - 1];
        slots[place] = slot;
    }
    pthread_rwlock_unlock(&registry->lock);
    if (ok)
        return slot;
    slot_free(slot);
    return NULL;
}

static bool version_scan(struct registry *registry, struct known *known,
                         const struct listing_version *version, int models_fd, size_t *live,
                         struct err *err)
{
    size_t place;
    if (atomic_load(&registry->stopping))
        return err_set(err, ERR_UNAVAILABLE, "the loader is stopping");
    struct slot *slot = slot_find(known, version->version, &place);
    if (slot == NULL)
        slot = slot_add(registry, known, version->version, place);
    if (slot == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a version of %s", known->name);
    slot->alone = version->alone;
    slot->wanted = true;
    slot_refresh(registry, known, slot, models_fd);
    *live += slot->model != NULL;
    return true;
}

/* What `current` leads to answers from now on if it is live; else what did before. */
static void current_set(struct registry *registry, struct known *known, const char *version)
{
    size_t place;
    const struct slot *slot = version != NULL ? slot_find(known, version, &place) : NULL;
    if (version != NULL && (slot == NULL || slot->model == NULL))
        return;
    if (version != NULL && known->current != NULL && strcmp(version, known->current) == 0)
        return;
    char *copy = version != NULL ? mem_copy_text(version, strlen(version)) : NULL;
    pthread_rwlock_wrlock(&registry->lock);
    char *before = known->current;
    known->current = copy;
    pthread_rwlock_unlock(&registry->lock);
    free(before);
}

/* The current one, then from the newest on until `keep` are live. What fails does not count, so
 * that a bad version never drives out a good one. */
static bool versions_scan(struct registry *registry, struct known *known,
                          const struct listing_model *listed, int models_fd, struct err *err)
{
    size_t live = 0;
    bool ok = true;
    for (size_t i = 0; ok && listed->current != NULL && i < listed->count; i++)
        if (listed->versions[i].version == listed->current)
            ok = version_scan(registry, known, &listed->versions[i], models_fd, &live, err);
    if (ok)
        current_set(registry, known, listed->current);
    for (size_t i = 0; ok && i < listed->count && live < registry->options.keep; i++)
        if (listed->versions[i].version != listed->current)
            ok = version_scan(registry, known, &listed->versions[i], models_fd, &live, err);
    return ok;
}

/* Once, when the last live version has gone or none of the first ones came up. */
static void tell_unavailable(const struct registry *registry, struct known *known)
{
    bool live = false;
    for (size_t i = 0; i < known->slot_count; i++)
        live = live || known->slots[i]->model != NULL;
    if (!live && !known->told_unavailable && (known->was_live || known->slot_count > 0)) {
        known->told_unavailable = true;
        tell(registry, "unavailable", known->name, "", "no version of it is live");
    }
    known->told_unavailable = known->told_unavailable && !live;
    known->was_live = live;
}

static bool known_scan(struct registry *registry, struct known *known,
                       const struct listing_model *listed, int models_fd, struct err *err)
{
    known->is_directory = listed->is_directory;
    if (listed->unreadable)
        return true; /* what was known stays */
    for (size_t i = 0; i < known->slot_count; i++)
        known->slots[i]->wanted = false;
    if (!versions_scan(registry, known, listed, models_fd, err))
        return false;
    for (size_t i = known->slot_count; i > 0; i--)
        if (!known->slots[i - 1]->wanted)
            slot_drop(registry, known, i - 1);
    tell_unavailable(registry, known);
    return true;
}

/* --- all of them --------------------------------------------------------------------------- */

static struct known *known_make(struct registry *registry, const char *name)
{
    struct known *known = mem_array(1, sizeof *known);
    if (known == NULL)
        return NULL;
    known->name = mem_copy_text(name, strlen(name));
    known->loads = metrics_series_create(registry->loads, &name);
    known->failures = metrics_series_create(registry->failures, &name);
    if (known->name != NULL)
        return known;
    known_free(known);
    return NULL;
}

static struct known *known_add(struct registry *registry, const char *name, size_t place)
{
    struct known *known = known_make(registry, name);
    if (known == NULL)
        return NULL;
    pthread_rwlock_wrlock(&registry->lock);
    struct known **models =
        mem_resize(registry->models, registry->model_count + 1, sizeof(struct known *));
    if (models != NULL) {
        registry->models = models;
        for (size_t i = registry->model_count++; i > place; i--)
            models[i] = models[i - 1];
        models[place] = known;
    }
    pthread_rwlock_unlock(&registry->lock);
    if (models != NULL)
        return known;
    known_free(known);
    return NULL;
}

/* Both the table and the listing are in the order of names. */
static bool listing_apply(struct registry *registry, const struct listing *listing, int models_fd,
                          struct err *err)
{
    size_t at = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const struct listing_model *listed = &listing->models[i];
        if (registry_is_withheld(registry, listed->name))
            continue; /* and what is known of it is dropped */
        while (at < registry->model_count && strcmp(registry->models[at]->name, listed->name) < 0)
            known_drop(registry, at);
        struct known *known = at < registry->model_count ? registry->models[at] : NULL;
        if (known == NULL || strcmp(known->name, listed->name) != 0)
            known = known_add(registry, listed->name, at);
        if (known == NULL)
            return err_set(err, ERR_MEMORY, "no memory for one more model");
        if (!known_scan(registry, known, listed, models_fd, err))
            return false;
        at++;
    }
    while (at < registry->model_count)
        known_drop(registry, at);
    return true;
}

/* A complaint about the directory as a whole, told once. */
static void complain(struct registry *registry, const char *text)
{
    if (strcmp(registry->told, text) == 0)
        return;
    snprintf(registry->told, sizeof registry->told, "%s", text);
    if (text[0] != '\0')
        tell(registry, "failed", "", "", text);
}

static bool directory_scan(struct registry *registry, int models_fd, struct err *err)
{
    struct listing listing;
    char cut[128] = "";
    bool ok = listing_read(models_fd, registry->options.max_models, &listing, err) &&
              listing_apply(registry, &listing, models_fd, err);
    if (ok && listing.cut)
        snprintf(cut, sizeof cut,
                 "more than %zu models, or versions of one; the others are ignored",
                 registry->options.max_models);
    listing_finish(&listing);
    if (ok)
        complain(registry, cut);
    return ok;
}

bool registry_scan(struct registry *registry, struct err *err)
{
    struct err own = ERR_INIT;
    atomic_fetch_add(&registry->scans_begun, 1);
    int fd = open(registry->options.models, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? directory_scan(registry, fd, &own)
                      : err_set_errno(&own, ERR_IO, errno, "%s", registry->options.models);
    if (fd >= 0)
        close(fd);
    if (!ok) {
        if (!atomic_load(&registry->stopping))
            complain(registry, own.text);
        if (err != NULL)
            *err = own;
    }
    pthread_rwlock_wrlock(&registry->lock);
    registry->scanned = true;
    pthread_rwlock_unlock(&registry->lock);
    registry_collect(registry);
    atomic_fetch_add(&registry->scans_ended, 1);
    return ok;
}

void registry_each_directory(const struct registry *registry,
                             void (*take)(void *context, const char *name, const char *version),
                             void *context)
{
    for (size_t i = 0; i < registry->model_count; i++) {
        const struct known *known = registry->models[i];
        if (known->is_directory)
            take(context, known->name, NULL);
        for (size_t j = 0; j < known->slot_count; j++)
            if (!known->slots[j]->alone)
                take(context, known->name, known->slots[j]->version);
    }
}
