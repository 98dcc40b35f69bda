#include "math/svm.h"

#include <math.h>
#include <string.h>

size_t svm_vote(size_t classes, const double *decisions, size_t *votes)
{
    memset(votes, 0, classes * sizeof(*votes));
    size_t pair = 0;
    for (size_t i = 0; i + 1 < classes; i++)
        for (size_t j = i + 1; j < classes; j++)
            votes[decisions[pair++] > 0.0 ? i : j]++;
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (votes[c] > votes[best])
            best = c;
    return best;
}

void svm_one_against_rest(size_t classes, const double *decisions, double *scores)
{
    memset(scores, 0, classes * sizeof(*scores));
    size_t pair = 0;
    for (size_t i = 0; i + 1 < classes; i++)
        for (size_t j = i + 1; j < classes; j++, pair++) {
            scores[i] += decisions[pair];
            scores[j] -= decisions[pair];
        }
    for (size_t c = 0; c < classes; c++)
        scores[c] /= 3.0 * (fabs(scores[c]) + 1.0);
    pair = 0;
    for (size_t i = 0; i + 1 < classes; i++)
        for (size_t j = i + 1; j < classes; j++)
            /* scikit-learn sees the negated decision and asks whether it is > 0. */
            scores[decisions[pair++] < 0.0 ? j : i] += 1.0;
}

double svm_platt(double decision, double a, double b)
{
    double x = decision * a + b;
    return x >= 0.0 ? exp(-x) / (1.0 + exp(-x)) : 1.0 / (1.0 + exp(x));
}

size_t svm_couple_work(size_t classes)
{
    return classes * classes + classes;
}

void svm_probabilities_double(size_t classes, const double *decisions, const double *prob_a,
                              const double *prob_b, double *probabilities, double *work)
{
    const double least = 1e-7;
    double *pairwise = work + svm_couple_work(classes);
    size_t pair = 0;
    for (size_t i = 0; i + 1 < classes; i++)
        for (size_t j = i + 1; j < classes; j++, pair++) {
            double p = svm_platt(decisions[pair], prob_a[pair], prob_b[pair]);
            p = fmin(fmax(p, least), 1.0 - least);
            pairwise[i * classes + j] = p;
            pairwise[j * classes + i] = 1.0 - p;
        }
    svm_couple_double(classes, pairwise, probabilities, work);
}
