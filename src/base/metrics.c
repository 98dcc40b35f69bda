#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CACHE_LINE ((size_t)64)
#define NUMBER_SIZE 32
#define EXACT 1e15 /* whole numbers below it are written as they are */

/* What one shard of a series holds: `sum` is a counter's or gauge's value too; buckets (a
 * histogram's, bound_count + 1 of them, not cumulative) follow. A multiple of a cache line. */
struct cell {
    _Alignas(64) _Atomic double sum;
    _Atomic uint64_t buckets[];
};

struct metrics_series {
    struct metrics_family *family;
    struct metrics_series *previous, *next;
    struct metrics_series *same_slot; /* the next one of the family's index */
    uint64_t hash;                    /* of the label values */
    char *values[METRICS_LABELS_MAX];
    size_t users; /* creators of the same label values share a series */
    /* Made when their thread first adds: most of thousands of models are asked for rarely. */
    _Atomic(struct cell *) cells[METRICS_SHARDS];
};

struct metrics_family {
    struct metrics *metrics;
    struct metrics_family *next;
    enum metrics_type type;
    char *name, *help;
    const char *const *label_names;
    size_t label_count;
    const double *bounds;
    char (*bound_texts)[NUMBER_SIZE]; /* the same for thousands of series */
    size_t bound_count;
    size_t cell_size;
    struct metrics_series *first, *last;
    struct metrics_series **slots; /* an index by label values: thousands of models have series */
    size_t slot_count;             /* a power of two, or 0 */
    size_t series_count;
    metrics_collect_function *collect;
    void *context;
};

struct metrics {
    pthread_mutex_t lock; /* the lists; never held while a callback runs */
    struct metrics_family *first, *last;
};

struct metrics_emitter {
    const struct metrics_family *family;
    struct buf *out;
};

static _Thread_local unsigned thread_cell;

void metrics_thread_set(unsigned number)
{
    thread_cell = number % METRICS_SHARDS;
}

/* The fewest digits that read back as the same double. */
static void number_print(double value, char text[NUMBER_SIZE])
{
    if (isnan(value) || isinf(value)) {
        snprintf(text, NUMBER_SIZE, "%s", isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
}

/* --- families and series ------------------------------------------------------------------- */

struct metrics *metrics_create(void)
{
    struct metrics *metrics = mem_array(1, sizeof *metrics);
    if (metrics != NULL)
        pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

static void series_free(struct metrics_series *series)
{
    for (size_t i = 0; i < METRICS_LABELS_MAX; i++)
        free(series->values[i]);
    for (size_t shard = 0; shard < METRICS_SHARDS; shard++)
        free(atomic_load_explicit(&series->cells[shard], memory_order_relaxed));
    free(series);
}

static void family_free(struct metrics_family *family)
{
    for (struct metrics_series *series = family->first; series != NULL;) {
        struct metrics_series *next = series->next;
        series_free(series);
        series = next;
    }
    free(family->slots);
    free(family->bound_texts);
    free(family->name);
    free(family->help);
    free(family);
}

void metrics_destroy(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct metrics_family *family = metrics->first; family != NULL;) {
        struct metrics_family *next = family->next;
        family_free(family);
        family = next;
    }
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static struct metrics_family *family_find(const struct metrics *metrics, const char *name)
{
    struct metrics_family *family = metrics->first;
    while (family != NULL && strcmp(family->name, name) != 0)
        family = family->next;
    return family;
}

/* **Takes** what `like` has. Links a copy of it, or frees the copy and answers the family that has
 * its name already. */
static struct metrics_family *family_link(struct metrics *metrics,
                                          const struct metrics_family *like, const char *name,
                                          const char *help)
{
    struct metrics_family *family = mem_array(1, sizeof *family);
    if (family == NULL) {
        free(like->bound_texts);
        return NULL;
    }
    *family = *like;
    family->metrics = metrics;
    family->name = mem_copy_text(name, strlen(name));
    family->help = mem_copy_text(help, strlen(help));
    if (family->name == NULL || family->help == NULL) {
        family_free(family);
        return NULL;
    }
    pthread_mutex_lock(&metrics->lock);
    struct metrics_family *same = family_find(metrics, name);
    if (same == NULL) {
        *(metrics->last != NULL ? &metrics->last->next : &metrics->first) = family;
        metrics->last = family;
    }
    pthread_mutex_unlock(&metrics->lock);
    if (same == NULL)
        return family;
    bool fits = same->type == like->type && same->label_count == like->label_count &&
                same->bound_count == like->bound_count && same->collect == like->collect;
    family_free(family);
    return fits ? same : NULL;
}

struct metrics_family *metrics_family_add(struct metrics *metrics, enum metrics_type type,
                                          const char *name, const char *help,
                                          const char *const *label_names, size_t label_count,
                                          const double *bounds, size_t bound_count)
{
    if (metrics == NULL || label_count > METRICS_LABELS_MAX)
        return NULL;
    if (type != METRICS_HISTOGRAM)
        bound_count = 0;
    size_t buckets = type == METRICS_HISTOGRAM ? bound_count + 1 : 0;
    size_t size = offsetof(struct cell, buckets) + buckets * sizeof(uint64_t);
    char(*texts)[NUMBER_SIZE] = mem_array(buckets, sizeof *texts);
    if (texts == NULL)
        return NULL;
    for (size_t i = 0; i < buckets; i++)
        number_print(i < bound_count ? bounds[i] : INFINITY, texts[i]);
    return family_link(metrics,
                       &(struct metrics_family){
                           .type = type,
                           .label_names = label_names,
                           .label_count = label_count,
                           .bounds = bounds,
                           .bound_texts = texts,
                           .bound_count = bound_count,
                           .cell_size = (size + CACHE_LINE - 1) & ~(CACHE_LINE - 1),
                       },
                       name, help);
}

struct metrics_family *metrics_family_add_callback(struct metrics *metrics, enum metrics_type type,
                                                   const char *name, const char *help,
                                                   const char *const *label_names,
                                                   size_t label_count,
                                                   metrics_collect_function *collect, void *context)
{
    if (metrics == NULL || label_count > METRICS_LABELS_MAX || type == METRICS_HISTOGRAM)
        return NULL;
    return family_link(metrics,
                       &(struct metrics_family){
                           .type = type,
                           .label_names = label_names,
                           .label_count = label_count,
                           .collect = collect,
                           .context = context,
                       },
                       name, help);
}

static struct metrics_series *series_make(struct metrics_family *family,
                                          const char *const *label_values)
{
    struct metrics_series *series = mem_array(1, sizeof *series);
    if (series == NULL)
        return NULL;
    series->family = family;
    series->users = 1;
    bool ok = true;
    for (size_t i = 0; ok && i < family->label_count; i++) {
        series->values[i] = mem_copy_text(label_values[i], strlen(label_values[i]));
        ok = series->values[i] != NULL;
    }
    if (ok)
        return series;
    series_free(series);
    return NULL;
}

/* FNV-1a, each value with its end, so that "a", "bc" is not "ab", "c". */
static uint64_t hash_of(const struct metrics_family *family, const char *const *label_values)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < family->label_count; i++)
        for (const char *at = label_values[i];; at++) {
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3U;
            if (*at == '\0')
                break;
        }
    return hash;
}

static struct metrics_series **slot_of(const struct metrics_family *family, uint64_t hash)
{
    return &family->slots[hash & (family->slot_count - 1)];
}

static struct metrics_series *series_find(const struct metrics_family *family,
                                          const char *const *label_values, uint64_t hash)
{
    if (family->slot_count == 0)
        return NULL;
    for (struct metrics_series *series = *slot_of(family, hash); series != NULL;
         series = series->same_slot) {
        size_t i = 0;
        while (i < family->label_count && strcmp(series->values[i], label_values[i]) == 0)
            i++;
        if (series->hash == hash && i == family->label_count)
            return series;
    }
    return NULL;
}

/* A slot for each series, or more: false without memory. */
static bool index_grow(struct metrics_family *family)
{
    if (family->series_count < family->slot_count)
        return true;
    size_t count = family->slot_count == 0 ? 8 : family->slot_count * 2;
    struct metrics_series **slots = mem_array(count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(family->slots);
    family->slots = slots;
    family->slot_count = count;
    for (struct metrics_series *series = family->first; series != NULL; series = series->next) {
        struct metrics_series **slot = slot_of(family, series->hash);
        series->same_slot = *slot;
        *slot = series;
    }
    return true;
}

static void series_append(struct metrics_family *family, struct metrics_series *series)
{
    series->previous = family->last;
    *(family->last != NULL ? &family->last->next : &family->first) = series;
    family->last = series;
    struct metrics_series **slot = slot_of(family, series->hash);
    series->same_slot = *slot;
    *slot = series;
    family->series_count++;
}

static void series_unlink(struct metrics_family *family, struct metrics_series *series)
{
    *(series->previous != NULL ? &series->previous->next : &family->first) = series->next;
    *(series->next != NULL ? &series->next->previous : &family->last) = series->previous;
    struct metrics_series **slot = slot_of(family, series->hash);
    while (*slot != series)
        slot = &(*slot)->same_slot;
    *slot = series->same_slot;
    family->series_count--;
}

struct metrics_series *metrics_series_create(struct metrics_family *family,
                                             const char *const *label_values)
{
    if (family == NULL || family->collect != NULL)
        return NULL;
    pthread_mutex_lock(&family->metrics->lock);
    uint64_t hash = hash_of(family, label_values);
    struct metrics_series *series = series_find(family, label_values, hash);
    if (series != NULL)
        series->users++;
    else if (index_grow(family) && (series = series_make(family, label_values)) != NULL) {
        series->hash = hash;
        series_append(family, series);
    }
    pthread_mutex_unlock(&family->metrics->lock);
    return series;
}

void metrics_series_destroy(struct metrics_series *series)
{
    if (series == NULL)
        return;
    struct metrics_family *family = series->family;
    pthread_mutex_lock(&family->metrics->lock);
    bool last = --series->users == 0;
    if (last)
        series_unlink(family, series);
    pthread_mutex_unlock(&family->metrics->lock);
    if (last)
        series_free(series);
}

/* --- counting ------------------------------------------------------------------------------ */

/* The cell to add to, or NULL without memory: what is not counted stops no request. */
static struct cell *series_cell(struct metrics_series *series, size_t shard)
{
    struct cell *cell = atomic_load_explicit(&series->cells[shard], memory_order_acquire);
    if (cell != NULL)
        return cell;
    struct cell *made = aligned_alloc(CACHE_LINE, series->family->cell_size);
    if (made == NULL)
        return NULL;
    memset(made, 0, series->family->cell_size); /* all-zero bytes are 0 and 0.0 */
    if (atomic_compare_exchange_strong_explicit(&series->cells[shard], &cell, made,
                                                memory_order_acq_rel, memory_order_acquire))
        return made;
    free(made); /* another thread of this number was first */
    return cell;
}

static const struct cell *series_look(const struct metrics_series *series, size_t shard)
{
    return atomic_load_explicit(&series->cells[shard], memory_order_acquire);
}

static void cell_add(struct cell *cell, double value)
{
    double old = atomic_load_explicit(&cell->sum, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&cell->sum, &old, old + value,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void metrics_add(struct metrics_series *series, double value)
{
    if (series == NULL || series->family->type == METRICS_HISTOGRAM || isnan(value))
        return;
    /* Gauges are set as well as added to, so they have one cell; the others one per shard. */
    bool gauge = series->family->type == METRICS_GAUGE;
    struct cell *cell = NULL;
    if (gauge || value > 0) /* a counter never goes down */
        cell = series_cell(series, gauge ? 0 : thread_cell);
    if (cell != NULL)
        cell_add(cell, value);
}

void metrics_set(struct metrics_series *series, double value)
{
    if (series == NULL || series->family->type != METRICS_GAUGE)
        return;
    struct cell *cell = series_cell(series, 0);
    if (cell != NULL)
        atomic_store_explicit(&cell->sum, value, memory_order_relaxed);
}

void metrics_observe(struct metrics_series *series, double value)
{
    if (series == NULL || series->family->type != METRICS_HISTOGRAM || isnan(value))
        return;
    const struct metrics_family *family = series->family;
    struct cell *cell = series_cell(series, thread_cell);
    if (cell == NULL)
        return;
    size_t bucket = 0;
    while (bucket < family->bound_count && value > family->bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&cell->buckets[bucket], 1, memory_order_relaxed);
    cell_add(cell, value);
}

static double series_sum(const struct metrics_series *series)
{
    double sum = 0;
    for (size_t shard = 0; shard < METRICS_SHARDS; shard++) {
        const struct cell *cell = series_look(series, shard);
        if (cell != NULL)
            sum += atomic_load_explicit(&cell->sum, memory_order_relaxed);
    }
    return sum;
}

static uint64_t series_bucket(const struct metrics_series *series, size_t bucket)
{
    uint64_t count = 0;
    for (size_t shard = 0; shard < METRICS_SHARDS; shard++) {
        const struct cell *cell = series_look(series, shard);
        if (cell != NULL)
            count += atomic_load_explicit(&cell->buckets[bucket], memory_order_relaxed);
    }
    return count;
}

double metrics_value(const struct metrics_series *series)
{
    if (series == NULL)
        return 0;
    if (series->family->type != METRICS_HISTOGRAM)
        return series_sum(series);
    uint64_t count = 0;
    for (size_t i = 0; i <= series->family->bound_count; i++)
        count += series_bucket(series, i);
    return (double)count;
}

double metrics_sum(const struct metrics_series *series)
{
    return series != NULL ? series_sum(series) : 0;
}

/* --- the text format ----------------------------------------------------------------------- */

static void write_number(struct buf *out, double value)
{
    char text[NUMBER_SIZE];
    if (value > -EXACT && value < EXACT && value == (double)(int64_t)value) {
        buf_put_integer(out, (int64_t)value);
        return;
    }
    number_print(value, text);
    buf_put_text(out, text);
}

/* A help text escapes backslash and newline, a label value the double quote besides. */
static void write_escaped(struct buf *out, const char *text, bool label)
{
    for (;;) {
        size_t plain = strcspn(text, label ? "\n\\\"" : "\n\\");
        buf_put(out, text, plain);
        if (text[plain] == '\0')
            return;
        buf_put_char(out, '\\');
        buf_put_char(out, text[plain] == '\n' ? 'n' : text[plain]);
        text += plain + 1;
    }
}

static void write_label(struct buf *out, bool *first, const char *name, const char *value)
{
    buf_put_char(out, *first ? '{' : ',');
    *first = false;
    buf_put_text(out, name);
    buf_put_text(out, "=\"");
    write_escaped(out, value, true);
    buf_put_char(out, '"');
}

/* NAME[suffix]{labels[,le="bound"]} and the space before the value. */
static void write_name(struct buf *out, const struct metrics_family *family, const char *suffix,
                       const char *const *values, const char *bound)
{
    bool first = true;
    buf_put_text(out, family->name);
    buf_put_text(out, suffix);
    for (size_t i = 0; i < family->label_count; i++)
        write_label(out, &first, family->label_names[i], values[i]);
    if (bound != NULL) {
        buf_put_text(out, first ? "{le=\"" : ",le=\"");
        buf_put_text(out, bound);
        buf_put_char(out, '"');
        first = false;
    }
    buf_put_text(out, first ? " " : "} ");
}

void metrics_emit(struct metrics_emitter *emitter, const char *const *label_values, double value)
{
    write_name(emitter->out, emitter->family, "", label_values, NULL);
    write_number(emitter->out, value);
    buf_put_char(emitter->out, '\n');
}

static void write_histogram(struct buf *out, const struct metrics_series *series)
{
    const struct metrics_family *family = series->family;
    const char *const *values = (const char *const *)series->values;
    uint64_t count = 0;
    for (size_t i = 0; i <= family->bound_count; i++) {
        count += series_bucket(series, i);
        write_name(out, family, "_bucket", values, family->bound_texts[i]);
        buf_put_integer(out, (int64_t)count);
        buf_put_char(out, '\n');
    }
    write_name(out, family, "_sum", values, NULL);
    write_number(out, series_sum(series));
    buf_put_char(out, '\n');
    write_name(out, family, "_count", values, NULL);
    buf_put_integer(out, (int64_t)count);
    buf_put_char(out, '\n');
}

static void write_head(struct buf *out, const struct metrics_family *family)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    buf_printf(out, "# HELP %s ", family->name);
    write_escaped(out, family->help, false);
    buf_printf(out, "\n# TYPE %s %s\n", family->name, types[family->type]);
}

static void write_family(struct buf *out, struct metrics_family *family)
{
    struct metrics_emitter emitter = {.family = family, .out = out};
    write_head(out, family);
    if (family->collect != NULL) {
        family->collect(family->context, &emitter);
        return;
    }
    pthread_mutex_lock(&family->metrics->lock);
    for (struct metrics_series *series = family->first; series != NULL; series = series->next) {
        if (family->type == METRICS_HISTOGRAM)
            write_histogram(out, series);
        else
            metrics_emit(&emitter, (const char *const *)series->values, series_sum(series));
    }
    pthread_mutex_unlock(&family->metrics->lock);
}

void metrics_render(struct metrics *metrics, struct buf *out)
{
    struct metrics_family *family = NULL;
    for (;;) {
        /* Families are only ever appended; the lock makes a new one's link visible. */
        pthread_mutex_lock(&metrics->lock);
        family = family != NULL ? family->next : metrics->first;
        pthread_mutex_unlock(&metrics->lock);
        if (family == NULL)
            return;
        write_family(out, family);
    }
}
