#include "math/neighbors.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/clones.h"

#define LANES 8

const char *const neighbors_metric_names[] = {"euclidean", "manhattan", "chebyshev",
                                              "minkowski", "cosine",    NULL};

static size_t block_count(const struct neighbors *neighbors)
{
    return neighbors->count / LANES + (neighbors->count % LANES != 0);
}

static void points_copy(struct neighbors *neighbors, const struct matrix *points)
{
    for (size_t i = 0; i < neighbors->count; i++) {
        const double *from = matrix_row(points, i);
        double *to = neighbors->points + i / LANES * LANES * neighbors->features + i % LANES;
        double squares = 0.0;
        for (size_t j = 0; j < neighbors->features; j++) {
            to[j * LANES] = from[j];
            squares += from[j] * from[j];
        }
        if (neighbors->lengths != NULL)
            neighbors->lengths[i] = sqrt(squares);
    }
}

bool neighbors_init(struct neighbors *neighbors, enum neighbors_metric metric, double p,
                    const struct matrix *points, struct err *err)
{
    *neighbors = (struct neighbors){
        .metric = metric, .p = p, .count = points->rows, .features = points->cols};
    size_t rows = block_count(neighbors) * LANES, size;
    if (mem_multiply(rows, neighbors->features, &size))
        neighbors->points = mem_array(size, sizeof(double));
    if (metric == NEIGHBORS_COSINE)
        neighbors->lengths = mem_array(rows, sizeof(double));
    if (neighbors->points == NULL || (metric == NEIGHBORS_COSINE && neighbors->lengths == NULL)) {
        neighbors_finish(neighbors);
        return err_set(err, ERR_MEMORY, "no memory for %zu points", points->rows);
    }
    points_copy(neighbors, points);
    return true;
}

void neighbors_finish(struct neighbors *neighbors)
{
    free(neighbors->points);
    free(neighbors->lengths);
    *neighbors = (struct neighbors){0};
}

size_t neighbors_bytes(const struct neighbors *neighbors)
{
    size_t per_point = neighbors->features + (neighbors->lengths != NULL);
    return neighbors_work(neighbors) * per_point * sizeof(double);
}

size_t neighbors_work(const struct neighbors *neighbors)
{
    return block_count(neighbors) * LANES;
}

/* One function per metric: the block's eight sums in `sums`. */
MATH_CLONES static void block_squares(const double *block, const double *x, size_t features,
                                      double *sums)
{
    double lanes[LANES] = {0};
    for (size_t j = 0; j < features; j++)
        for (size_t lane = 0; lane < LANES; lane++) {
            double difference = x[j] - block[j * LANES + lane];
            lanes[lane] += difference * difference;
        }
    for (size_t lane = 0; lane < LANES; lane++)
        sums[lane] = lanes[lane];
}

MATH_CLONES static void block_absolutes(const double *block, const double *x, size_t features,
                                        double *sums)
{
    double lanes[LANES] = {0};
    for (size_t j = 0; j < features; j++)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += fabs(x[j] - block[j * LANES + lane]);
    for (size_t lane = 0; lane < LANES; lane++)
        sums[lane] = lanes[lane];
}

static void block_largest(const double *block, const double *x, size_t features, double *sums)
{
    for (size_t lane = 0; lane < LANES; lane++) {
        sums[lane] = 0.0;
        for (size_t j = 0; j < features; j++)
            sums[lane] = fmax(sums[lane], fabs(x[j] - block[j * LANES + lane]));
    }
}

static void block_powers(const double *block, const double *x, size_t features, double p,
                         double *sums)
{
    for (size_t lane = 0; lane < LANES; lane++) {
        sums[lane] = 0.0;
        for (size_t j = 0; j < features; j++)
            sums[lane] += pow(fabs(x[j] - block[j * LANES + lane]), p);
    }
}

MATH_CLONES static void block_products(const double *block, const double *x, size_t features,
                                       double *sums)
{
    double lanes[LANES] = {0};
    for (size_t j = 0; j < features; j++)
        for (size_t lane = 0; lane < LANES; lane++)
            lanes[lane] += x[j] * block[j * LANES + lane];
    for (size_t lane = 0; lane < LANES; lane++)
        sums[lane] = lanes[lane];
}

static double row_length(const double *x, size_t features)
{
    double squares = 0.0;
    for (size_t j = 0; j < features; j++)
        squares += x[j] * x[j];
    return sqrt(squares);
}

/* From the dot products to 1 - cosine, which rounding must not take below 0 or above 2. */
static void cosines_finish(const struct neighbors *neighbors, const double *x, double *values)
{
    double length = row_length(x, neighbors->features);
    for (size_t i = 0; i < neighbors->count; i++) {
        double product = length * neighbors->lengths[i];
        double cosine = product > 0.0 ? values[i] / product : 0.0;
        values[i] = fmin(fmax(1.0 - cosine, 0.0), 2.0);
    }
}

/* What orders points as their distance does and costs no root. */
static void ranks_compute(const struct neighbors *neighbors, const double *x, double *ranks)
{
    size_t features = neighbors->features;
    for (size_t b = 0; b < block_count(neighbors); b++) {
        const double *block = neighbors->points + b * LANES * features;
        double *sums = ranks + b * LANES;
        switch (neighbors->metric) {
        case NEIGHBORS_EUCLIDEAN:
            block_squares(block, x, features, sums);
            break;
        case NEIGHBORS_MANHATTAN:
            block_absolutes(block, x, features, sums);
            break;
        case NEIGHBORS_CHEBYSHEV:
            block_largest(block, x, features, sums);
            break;
        case NEIGHBORS_MINKOWSKI:
            block_powers(block, x, features, neighbors->p, sums);
            break;
        case NEIGHBORS_COSINE:
            block_products(block, x, features, sums);
            break;
        }
    }
    if (neighbors->metric == NEIGHBORS_COSINE)
        cosines_finish(neighbors, x, ranks);
}

static double distance_of_rank(const struct neighbors *neighbors, double rank)
{
    if (neighbors->metric == NEIGHBORS_EUCLIDEAN)
        return sqrt(rank);
    if (neighbors->metric == NEIGHBORS_MINKOWSKI)
        return pow(rank, 1.0 / neighbors->p);
    return rank;
}

static double rank_of_distance(const struct neighbors *neighbors, double distance)
{
    if (neighbors->metric == NEIGHBORS_EUCLIDEAN)
        return distance * distance;
    if (neighbors->metric == NEIGHBORS_MINKOWSKI)
        return pow(distance, neighbors->p);
    return distance;
}

void neighbors_distances(const struct neighbors *neighbors, const double *x, double *distances)
{
    ranks_compute(neighbors, x, distances);
    for (size_t i = 0; i < neighbors->count; i++)
        distances[i] = distance_of_rank(neighbors, distances[i]);
}

static bool is_nearer(const struct neighbor *a, const struct neighbor *b)
{
    return a->distance < b->distance || (a->distance == b->distance && a->index < b->index);
}

/* Moves what lies at `at` down to its place, so that the farthest is at 0. */
static void heap_sift(struct neighbor *heap, size_t at, size_t count)
{
    struct neighbor moving = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_nearer(&heap[child], &heap[child + 1]))
            child++;
        if (!is_nearer(&moving, &heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

/* Whoever is nearer than the farthest in the heap takes its place, and sinks by distance alone
 * as in scikit-learn's heap: which of equally far points stay is then the same. */
static void heap_push(struct neighbor *heap, size_t count, struct neighbor moving)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heap[child].distance < heap[child + 1].distance)
            child++;
        if (moving.distance >= heap[child].distance)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

static void heap_sort(struct neighbor *heap, size_t count)
{
    for (size_t at = count / 2; at > 0; at--)
        heap_sift(heap, at - 1, count);
    for (size_t left = count - 1; left > 0; left--) {
        struct neighbor farthest = heap[0];
        heap[0] = heap[left];
        heap[left] = farthest;
        heap_sift(heap, 0, left);
    }
}

/* The heap starts full of points that are farther than any can be. */
void neighbors_nearest(const struct neighbors *neighbors, const double *x, size_t k,
                       struct neighbor *nearest, double *work)
{
    if (k == 0)
        return;
    ranks_compute(neighbors, x, work);
    for (size_t i = 0; i < k; i++)
        nearest[i] = (struct neighbor){.distance = INFINITY};
    for (size_t i = 0; i < neighbors->count; i++) {
        double rank = fmin(work[i], DBL_MAX);
        if (rank < nearest[0].distance)
            heap_push(nearest, k, (struct neighbor){.distance = rank, .index = i});
    }
    heap_sort(nearest, k);
    for (size_t i = 0; i < k; i++)
        nearest[i].distance = distance_of_rank(neighbors, nearest[i].distance);
}

size_t neighbors_within(const struct neighbors *neighbors, const double *x, double radius,
                        struct neighbor *within, double *work)
{
    double bound = rank_of_distance(neighbors, radius);
    size_t count = 0;
    ranks_compute(neighbors, x, work);
    for (size_t i = 0; i < neighbors->count; i++)
        if (work[i] <= bound)
            within[count++] =
                (struct neighbor){.distance = distance_of_rank(neighbors, work[i]), .index = i};
    return count;
}
