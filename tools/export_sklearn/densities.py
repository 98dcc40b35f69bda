"""Naive Bayes with counts or categories, mixtures, ellipsoids."""

from __future__ import annotations

from typing import Any

import numpy as np

from .document import Refused, matrix, number, vector
from .extra import OUTLIER_OR_NOT, Extra

LIKELIHOOD = ["label", "probability"]


def _two_classes(estimator: Any) -> None:
    if len(estimator.classes_) < 2:
        raise Refused(["a single class"])


def multinomial_nb(estimator: Any, X: np.ndarray) -> tuple:
    _two_classes(estimator)
    return ({"op": "multinomial_nb", "feature_log_prob_": matrix(estimator.feature_log_prob_),
             "class_log_prior_": vector(estimator.class_log_prior_)}, LIKELIHOOD)


def complement_nb(estimator: Any, X: np.ndarray) -> tuple:
    """Its weights take the logarithms' place; the priors count for a single class only."""
    _two_classes(estimator)
    return ({"op": "multinomial_nb", "feature_log_prob_": matrix(estimator.feature_log_prob_),
             "class_log_prior_": [0] * len(estimator.classes_)}, LIKELIHOOD)


def bernoulli_nb(estimator: Any, X: np.ndarray) -> tuple:
    _two_classes(estimator)
    operator = {"op": "bernoulli_nb", "feature_log_prob_": matrix(estimator.feature_log_prob_),
                "class_log_prior_": vector(estimator.class_log_prior_)}
    if estimator.binarize is not None:
        operator["binarize"] = number(estimator.binarize)
    return operator, LIKELIHOOD, Extra(smooth=False)


def categorical_nb(estimator: Any, X: np.ndarray) -> tuple:
    _two_classes(estimator)
    return ({"op": "categorical_nb",
             "feature_log_prob_": [matrix(values) for values in estimator.feature_log_prob_],
             "class_log_prior_": vector(estimator.class_log_prior_)}, LIKELIHOOD,
            Extra(smooth=False))


def _constants(estimator: Any) -> np.ndarray:
    """What each component adds to its density's logarithm, besides the density's own norm: the
    variational mixture has more than its weights there, and can be asked."""
    origin = np.asarray(estimator.means_, dtype=float)
    own = estimator._estimate_log_prob(origin) + estimator._estimate_log_weights()
    from sklearn.mixture._gaussian_mixture import _estimate_log_gaussian_prob
    return np.diag(own - _estimate_log_gaussian_prob(origin, estimator.means_,
                                                     estimator.precisions_cholesky_,
                                                     estimator.covariance_type))


def gaussian_mixture(estimator: Any, X: np.ndarray) -> tuple:
    factors = np.asarray(estimator.precisions_cholesky_, dtype=float)
    kind = estimator.covariance_type
    described = {"full": lambda: [matrix(factor) for factor in factors],
                 "tied": lambda: [matrix(factors)], "diag": lambda: matrix(factors),
                 "spherical": lambda: vector(factors)}[kind]()
    operator = {"op": "gaussian_mixture", "covariance_type": kind,
                "means_": matrix(estimator.means_), "log_weights_": vector(_constants(estimator)),
                "precisions_cholesky_": described}
    return (operator, ["label", "probability", "value"],
            Extra(classes=range(len(estimator.means_)), methods={"value": "score_samples"}))


def elliptic_envelope(estimator: Any, X: np.ndarray) -> tuple:
    return ({"op": "elliptic_envelope", "location_": vector(estimator.location_),
             "precision_": matrix(estimator.get_precision()), "offset_": number(estimator.offset_)},
            ["label", "score"], Extra(classes=OUTLIER_OR_NOT))


PREDICTORS = {
    "BayesianGaussianMixture": gaussian_mixture,
    "BernoulliNB": bernoulli_nb,
    "CategoricalNB": categorical_nb,
    "ComplementNB": complement_nb,
    "EllipticEnvelope": elliptic_envelope,
    "GaussianMixture": gaussian_mixture,
    "MultinomialNB": multinomial_nb,
}
