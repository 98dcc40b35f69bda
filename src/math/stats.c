#include "math/stats.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

#define LANES 8
#define BLOCK 128

static double sum_block(const double *values, size_t count)
{
    double lanes[LANES];
    for (size_t k = 0; k < LANES; k++)
        lanes[k] = values[k];
    size_t whole = count - count % LANES;
    for (size_t i = LANES; i < whole; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lanes[k] += values[i + k];
    double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
                 ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    for (size_t i = whole; i < count; i++)
        sum += values[i];
    return sum;
}

double stats_sum(const double *values, size_t count)
{
    if (count > BLOCK) { /* the depth is log2(count / BLOCK) */
        size_t half = count / 2;
        half -= half % LANES;
        return stats_sum(values, half) + stats_sum(values + half, count - half);
    }
    if (count >= LANES)
        return sum_block(values, count);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

double stats_normal_cumulative(double x)
{
    return gsl_cdf_ugaussian_P(x);
}

double stats_normal_quantile(double probability)
{
    if (!(probability >= 0.0 && probability <= 1.0))
        return NAN;
    return gsl_cdf_ugaussian_Pinv(probability);
}
