#include "math/special.h"

#include <math.h>

#include "math/stats.h"

double special_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

size_t special_argmax(const double *x, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

double special_log_sum_exp(const double *x, size_t count)
{
    if (count == 0)
        return -INFINITY;
    double largest = x[special_argmax(x, count)];
    if (!isfinite(largest))
        return largest;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += exp(x[i] - largest);
    return log(sum) + largest;
}

void special_softmax(double *x, size_t count)
{
    if (count == 0)
        return;
    double largest = x[special_argmax(x, count)];
    for (size_t i = 0; i < count; i++)
        x[i] = exp(x[i] - largest);
    double sum = stats_sum(x, count);
    for (size_t i = 0; i < count; i++)
        x[i] /= sum;
}

const char *const special_link_names[] = {"identity", "log", "logit", "probit", "cloglog", NULL};

double special_link_inverse(enum special_link link, double predictor)
{
    switch (link) {
    case LINK_IDENTITY:
        return predictor;
    case LINK_LOG:
        return exp(predictor);
    case LINK_LOGIT:
        return special_sigmoid(predictor);
    case LINK_PROBIT:
        return stats_normal_cumulative(predictor);
    case LINK_CLOGLOG:
        return -expm1(-exp(predictor));
    }
    return NAN;
}
