"""Transformers and regressors that are linear maps, or little more: written with the operators for
those."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sklearn

from .document import matrix, number, vector

Steps = list[dict[str, Any]]


def _map(components: Any, mean: Any = None) -> dict[str, Any]:
    """(x - mean) components^T."""
    step: dict[str, Any] = {"op": "pca", "components_": matrix(components)}
    if mean is not None:
        step["mean_"] = vector(mean)
    return step


def random_projection(transformer: Any) -> Steps:
    return [_map(transformer.components_)]


def fast_ica(transformer: Any) -> Steps:
    whitened = bool(transformer.whiten)
    return [_map(transformer.components_, transformer.mean_ if whitened else None)]


def factor_analysis(transformer: Any) -> Steps:
    """Barber, Bayesian Reasoning and Machine Learning, 21.2.33: two maps, one after the other."""
    loadings = transformer.components_
    scaled = loadings / transformer.noise_variance_
    covariance = np.linalg.inv(np.eye(len(loadings)) + scaled @ loadings.T)
    return [_map(scaled, transformer.mean_), _map(covariance.T)]


def partial_least_squares(transformer: Any) -> Steps:
    return [{"op": "standard_scaler", "mean_": vector(transformer._x_mean),
             "scale_": vector(transformer._x_std)}, _map(transformer.x_rotations_.T)]


def pls_svd(transformer: Any) -> Steps:
    return [{"op": "standard_scaler", "mean_": vector(transformer._x_mean),
             "scale_": vector(transformer._x_std)}, _map(transformer.x_weights_.T)]


def pls_regression(estimator: Any, X: np.ndarray) -> tuple:
    """Before 1.3 coef_ is transposed and for scaled inputs."""
    coefficients = np.asarray(estimator.coef_, dtype=float)
    if tuple(int(part) for part in sklearn.__version__.split(".")[:2]) < (1, 3):
        coefficients = (coefficients / estimator._x_std[:, np.newaxis]).T
    intercept = np.ravel(estimator.intercept_) - coefficients @ estimator._x_mean
    if len(coefficients) == 1:
        return ({"op": "linear_regression", "coef_": vector(coefficients),
                 "intercept_": number(intercept[0])}, ["value"])
    return ({"op": "linear_regression", "coef_": matrix(coefficients),
             "intercept_": vector(intercept)}, ["value"])


def rbf_sampler(transformer: Any) -> Steps:
    """Random Fourier features: cos(x W + offset) sqrt(2 / n)."""
    count = transformer.random_weights_.shape[1]
    scale = math.sqrt(2.0) / math.sqrt(count)
    return [_map(transformer.random_weights_.T),
            {"op": "min_max_scaler", "scale_": [1] * count,
             "min_": vector(transformer.random_offset_)},
            {"op": "function_transformer", "func": "cos"},
            {"op": "min_max_scaler", "scale_": [number(scale)] * count, "min_": [0] * count}]


def quantile_transformer(transformer: Any) -> Steps:
    return [{"op": "quantile_transformer", "quantiles_": matrix(transformer.quantiles_),
             "references_": vector(transformer.references_),
             "output_distribution": transformer.output_distribution}]


PREDICTORS = {
    "CCA": pls_regression,
    "PLSCanonical": pls_regression,
    "PLSRegression": pls_regression,
}

TRANSFORMERS = {
    "CCA": partial_least_squares,
    "FactorAnalysis": factor_analysis,
    "FastICA": fast_ica,
    "GaussianRandomProjection": random_projection,
    "PLSCanonical": partial_least_squares,
    "PLSRegression": partial_least_squares,
    "PLSSVD": pls_svd,
    "QuantileTransformer": quantile_transformer,
    "RBFSampler": rbf_sampler,
    "SparseRandomProjection": random_projection,
}
