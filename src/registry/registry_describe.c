/* The registry as operators see it: /status and /metrics. */
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "registry/registry_private.h"

static void put_model(struct buf *out, const struct model *model)
{
    char loaded[CLOCK_TEXT_SIZE];
    const struct graph *graph = model->artifact.graph;
    int64_t microseconds = model->load_duration_ns / 1000;
    clock_format(model->loaded_wall_ns, loaded);
    json_write_text(out, "format", model->artifact.format != NULL ? model->artifact.format : "");
    json_write_text(out, "digest", model->digest);
    json_write_size(out, "bytes", model->file_bytes);
    json_write_size(out, "memory_bytes", graph != NULL ? graph->bytes : 0);
    json_write_text(out, "loaded_at", loaded);
    json_write_key(out, "load_ms");
    json_write_number(out, (double)microseconds / 1000);
}

static void put_entry(void *context, const struct registry_entry *entry)
{
    struct buf *out = context;
    json_write_next(out);
    buf_put_char(out, '{');
    json_write_text(out, "name", entry->name);
    json_write_text(out, "version", entry->version);
    json_write_text(out, "state", entry->state);
    json_write_bool(out, "default", entry->is_default);
    if (entry->model != NULL)
        put_model(out, entry->model);
    if (entry->reason != NULL) {
        json_write_text(out, "reason", entry->reason);
        json_write_text(out, "refused", entry->refused);
    }
    buf_put_char(out, '}');
}

/* A version whose replacement was refused has two entries: what is live, and why it still is. */
static void take_slot(const struct known *known, const struct slot *slot, bool is_default,
                      registry_take_entry *take, void *context)
{
    struct registry_entry entry = {.name = known->name, .version = slot->version};
    if (slot->model != NULL) {
        entry.state = "live";
        entry.model = slot->model;
        entry.is_default = is_default;
        take(context, &entry);
        entry.model = NULL;
        entry.is_default = false;
    }
    if (slot->reason != NULL) {
        entry.state = "failed";
        entry.reason = slot->reason;
        entry.refused = slot->refused;
        take(context, &entry);
    } else if (slot->model == NULL && slot->loading) {
        entry.state = "loading";
        take(context, &entry);
    }
}

static void take_known(const struct known *known, registry_take_entry *take, void *context)
{
    const struct slot *by_default = registry_default_slot(known);
    for (size_t i = 0; i < known->slot_count; i++)
        take_slot(known, known->slots[i], known->slots[i] == by_default, take, context);
}

/* The retired first: whoever looks for a version finds what counts at the end. */
bool registry_each_entry(struct registry *registry, const char *name, registry_take_entry *take,
                         void *context)
{
    bool found = false;
    pthread_rwlock_rdlock(&registry->lock);
    for (const struct model *model = registry->retired; model != NULL;
         model = model->private_->next) {
        struct registry_entry entry = {
            .name = model->name, .version = model->version, .state = "retired", .model = model};
        if (name == NULL || strcmp(name, model->name) == 0)
            take(context, &entry);
    }
    for (size_t i = 0; i < registry->model_count; i++) {
        const struct known *known = registry->models[i];
        if (known->slot_count == 0 || (name != NULL && strcmp(name, known->name) != 0))
            continue;
        found = true;
        take_known(known, take, context);
    }
    pthread_rwlock_unlock(&registry->lock);
    return found;
}

void registry_list_names(struct registry *registry, struct buf *out)
{
    buf_put_char(out, '[');
    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->model_count; i++) {
        const struct known *known = registry->models[i];
        if (known->slot_count == 0)
            continue;
        json_write_next(out);
        json_write_string(out, known->name, strlen(known->name));
    }
    pthread_rwlock_unlock(&registry->lock);
    buf_put_char(out, ']');
}

void registry_list_versions(struct registry *registry, const char *name, struct buf *out)
{
    buf_put_char(out, '[');
    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->model_count; i++) {
        const struct known *known = registry->models[i];
        for (size_t j = 0; strcmp(known->name, name) == 0 && j < known->slot_count; j++) {
            if (known->slots[j]->model == NULL)
                continue;
            json_write_next(out);
            json_write_string(out, known->slots[j]->version, strlen(known->slots[j]->version));
        }
    }
    pthread_rwlock_unlock(&registry->lock);
    buf_put_char(out, ']');
}

void registry_describe(struct registry *registry, struct buf *out)
{
    json_write_open(out, "models", '[');
    registry_each_entry(registry, NULL, put_entry, out);
    buf_put_char(out, ']');
}

/* --- metrics ------------------------------------------------------------------------------- */

/* Calls `emit` for every live version. */
static void each_live(struct registry *registry, struct metrics_emitter *emitter,
                      double (*value)(const struct model *model))
{
    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->model_count; i++)
        for (size_t j = 0; j < registry->models[i]->slot_count; j++) {
            const struct model *model = registry->models[i]->slots[j]->model;
            if (model != NULL)
                metrics_emit(emitter, (const char *const[]){model->name, model->version},
                             value(model));
        }
    pthread_rwlock_unlock(&registry->lock);
}

static double load_seconds(const struct model *model)
{
    return (double)model->load_duration_ns / (double)CLOCK_NS_PER_S;
}

static double loaded_at(const struct model *model)
{
    return (double)model->loaded_wall_ns / (double)CLOCK_NS_PER_S;
}

static double age_seconds(const struct model *model)
{
    return (double)(clock_wall_ns() - model->loaded_wall_ns) / (double)CLOCK_NS_PER_S;
}

static double memory_bytes(const struct model *model)
{
    return model->artifact.graph != NULL ? (double)model->artifact.graph->bytes : 0;
}

static void collect_load(void *context, struct metrics_emitter *emitter)
{
    each_live(context, emitter, load_seconds);
}

static void collect_loaded(void *context, struct metrics_emitter *emitter)
{
    each_live(context, emitter, loaded_at);
}

static void collect_age(void *context, struct metrics_emitter *emitter)
{
    each_live(context, emitter, age_seconds);
}

static void collect_memory(void *context, struct metrics_emitter *emitter)
{
    each_live(context, emitter, memory_bytes);
}

/* 1: live; 0: refused, nothing of it is live. */
static void collect_live(void *context, struct metrics_emitter *emitter)
{
    struct registry *registry = context;
    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->model_count; i++) {
        const struct known *known = registry->models[i];
        for (size_t j = 0; j < known->slot_count; j++)
            metrics_emit(emitter, (const char *const[]){known->name, known->slots[j]->version},
                         known->slots[j]->model != NULL ? 1 : 0);
    }
    pthread_rwlock_unlock(&registry->lock);
}

static void collect_retired(void *context, struct metrics_emitter *emitter)
{
    struct registry *registry = context;
    size_t count = 0;
    pthread_rwlock_rdlock(&registry->lock);
    for (const struct model *model = registry->retired; model != NULL;
         model = model->private_->next)
        count++;
    pthread_rwlock_unlock(&registry->lock);
    metrics_emit(emitter, NULL, (double)count);
}

bool registry_metrics_add(struct registry *registry)
{
    static const char *const labels[] = {"model", "version"};
    static const struct {
        const char *name, *help;
        metrics_collect_function *collect;
        size_t label_count;
    } gauges[] = {
        {"omen_model_live", "1: the version is live; 0: it was refused.", collect_live, 2},
        {"omen_model_load_seconds", "Time to read, verify, test and warm up a live version.",
         collect_load, 2},
        {"omen_model_loaded_timestamp_seconds", "When a live version was loaded.", collect_loaded,
         2},
        {"omen_model_age_seconds", "Time since a live version was loaded.", collect_age, 2},
        {"omen_model_memory_bytes", "Memory of a live version, about.", collect_memory, 2},
        {"omen_models_retired", "Versions that wait for their last request to end.",
         collect_retired, 0},
    };
    struct metrics *metrics = registry->options.metrics;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof gauges / sizeof gauges[0]; i++)
        ok = metrics_family_add_callback(metrics, METRICS_GAUGE, gauges[i].name, gauges[i].help,
                                         labels, gauges[i].label_count, gauges[i].collect,
                                         registry) != NULL;
    registry->loads = metrics_family_add(metrics, METRICS_COUNTER, "omen_model_loads_total",
                                         "Versions that went live, by model.", labels, 1, NULL, 0);
    registry->failures =
        metrics_family_add(metrics, METRICS_COUNTER, "omen_model_failures_total",
                           "Versions that were refused, by model.", labels, 1, NULL, 0);
    registry->swaps = metrics_series_create(
        metrics_family_add(metrics, METRICS_COUNTER, "omen_model_swaps_total",
                           "Live versions that were replaced by changed files.", NULL, 0, NULL, 0),
        NULL);
    registry->families = model_metrics_families_create(metrics);
    registry->unrouted = model_metrics_create(registry->families, "", "");
    return ok && registry->unrouted != NULL && registry->loads != NULL &&
           registry->failures != NULL && registry->swaps != NULL && registry->families != NULL;
}
