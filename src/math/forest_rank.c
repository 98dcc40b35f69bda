#include "math/forest_private.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* More ranks are not told apart by floats. */
#define RANKS_MAX (UINT32_C(1) << 24)
/* Steps of walks for each step that looks for a rank. */
#define STEPS_EACH 2

struct ranking {
    struct forest *forest;
    double *thresholds; /* column after column */
    uint32_t *first;    /* [column_count + 1], in thresholds */
    uint32_t *count;    /* [column_count] */
};

static bool has_threshold(const struct forest_cell *cell)
{
    return cell->column >= COLUMN_FIRST && !isnan(cell->threshold);
}

static int compare_thresholds(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Sorts each column's thresholds and keeps one of each, all without gaps. */
static void keep_distinct(struct ranking *ranking)
{
    uint32_t to = 0;
    for (size_t c = 0; c < ranking->forest->column_count; c++) {
        double *from = ranking->thresholds + ranking->first[c];
        uint32_t all = ranking->count[c], first = to;
        qsort(from, all, sizeof(*from), compare_thresholds);
        for (uint32_t i = 0; i < all; i++)
            if (i == 0 || from[i] != from[i - 1])
                ranking->thresholds[to++] = from[i];
        ranking->first[c] = first;
        ranking->count[c] = to - first;
    }
    ranking->first[ranking->forest->column_count] = to;
}

static void collect(struct ranking *ranking)
{
    const struct forest *forest = ranking->forest;
    for (size_t i = 0; i < forest->cell_count; i++)
        if (has_threshold(&forest->cells[i]))
            ranking->count[forest->cells[i].column]++;
    for (size_t c = 0; c < forest->column_count; c++) {
        ranking->first[c + 1] = ranking->first[c] + ranking->count[c];
        ranking->count[c] = 0;
    }
    for (size_t i = 0; i < forest->cell_count; i++) {
        const struct forest_cell *cell = &forest->cells[i];
        if (has_threshold(cell))
            ranking->thresholds[ranking->first[cell->column] + ranking->count[cell->column]++] =
                cell->threshold;
    }
    keep_distinct(ranking);
}

/* Of a binary search. */
static size_t steps_of(uint32_t count)
{
    size_t steps = 0;
    for (; count > 0; count /= 2)
        steps++;
    return steps;
}

/* Whether ranks are exact, and looking for a row's takes less than its walks. */
static bool is_worthwhile(const struct ranking *ranking)
{
    const struct forest *forest = ranking->forest;
    size_t walks = 0, searches = 0;
    for (size_t t = 0; t < forest->tree_count; t++)
        walks += forest->trees[t].depth;
    for (size_t c = 0; c < forest->column_count; c++) {
        if (ranking->count[c] >= RANKS_MAX)
            return false;
        searches += steps_of(ranking->count[c]);
    }
    return searches * STEPS_EACH <= walks;
}

static void replace(struct ranking *ranking)
{
    struct forest *forest = ranking->forest;
    for (size_t i = 0; i < forest->cell_count; i++) {
        struct forest_cell *cell = &forest->cells[i];
        if (!has_threshold(cell))
            continue;
        const double *thresholds = ranking->thresholds + ranking->first[cell->column];
        uint32_t low = 0, high = ranking->count[cell->column];
        while (high - low > 1) {
            uint32_t middle = low + (high - low) / 2;
            if (thresholds[middle] > cell->threshold)
                high = middle;
            else
                low = middle;
        }
        cell->threshold = (double)low;
    }
    size_t count = ranking->first[forest->column_count];
    double *smaller = mem_resize(ranking->thresholds, count, sizeof(*smaller));
    forest->thresholds = smaller != NULL ? smaller : ranking->thresholds;
    forest->rank_first = ranking->first;
    forest->rank_count = ranking->count;
}

bool forest_rank(struct forest *forest, struct err *err)
{
    if (forest->shape.input == FOREST_SINGLE || forest->special_count > 0 ||
        forest->tree_count == 0 || !forest_links_fit(forest))
        return true;
    struct ranking ranking = {.forest = forest,
                              .thresholds =
                                  mem_array(forest->cell_count / 2, sizeof(*ranking.thresholds)),
                              .first = mem_array(forest->column_count + 1, sizeof(*ranking.first)),
                              .count = mem_array(forest->column_count, sizeof(*ranking.count))};
    bool ok = ranking.thresholds != NULL && ranking.first != NULL && ranking.count != NULL;
    if (!ok)
        err_set(err, ERR_MEMORY, "no memory for the thresholds of trees");
    if (ok)
        collect(&ranking);
    if (ok && is_worthwhile(&ranking)) {
        replace(&ranking);
        return true;
    }
    free(ranking.thresholds);
    free(ranking.first);
    free(ranking.count);
    return ok;
}
