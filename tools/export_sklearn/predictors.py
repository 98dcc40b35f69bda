"""The estimators that end a pipeline, one function for each kind: from the fitted object to the
operator that makes its answer, and the outputs that operator has."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from . import densities, kernels, neighbors, processes, projections, trees
from .document import Refused, matrix, number, vector

Model = tuple  # the operator, its outputs and, where there is more to say, an Extra


def _dense(values: Any) -> np.ndarray:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values, dtype=float)


def _weights(estimator: Any) -> dict[str, Any]:
    """A regressor's coef_ and intercept_: a vector and a number, or a row for each target."""
    coefficients = _dense(estimator.coef_)
    intercept = np.asarray(estimator.intercept_, dtype=float)
    if coefficients.ndim == 2 and coefficients.shape[0] == 1:
        coefficients = coefficients[0]
    if coefficients.ndim == 1:
        return {"coef_": vector(coefficients), "intercept_": number(intercept.ravel()[0])}
    targets = coefficients.shape[0]
    return {"coef_": matrix(coefficients), "intercept_": vector(np.broadcast_to(intercept,
                                                                               (targets,)))}


def _class_weights(estimator: Any) -> dict[str, Any]:
    """A classifier's: [1, F] for two classes, [K, F] for more."""
    coefficients = np.atleast_2d(_dense(estimator.coef_))
    intercept = np.asarray(estimator.intercept_, dtype=float).ravel()
    return {"coef_": matrix(coefficients),
            "intercept_": vector(np.broadcast_to(intercept, (coefficients.shape[0],)))}


def _refuse_many_labels(estimator: Any) -> None:
    """MLPClassifier and RidgeClassifier also answer several labels for one row."""
    binarizer = getattr(estimator, "_label_binarizer", None)
    if getattr(binarizer, "y_type_", "").startswith("multilabel"):
        raise Refused(["several labels for one row (multi-label classification)"])
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list) or np.ndim(classes) > 1:
        raise Refused(["several labels for one row (multi-output classification)"])


def _operator_of(name: str) -> str:
    for operator in ("elastic_net", "lasso", "ridge"):
        if operator.replace("_", "") in name.lower():
            return operator
    return "linear_regression"


def linear_regression(estimator: Any, X: np.ndarray) -> Model:
    return {"op": _operator_of(type(estimator).__name__), **_weights(estimator)}, ["value"]


def generalized_linear_regressor(estimator: Any, X: np.ndarray) -> Model:
    link = "log"
    if type(estimator).__name__ == "TweedieRegressor":
        link = estimator.link
        if link == "auto":
            link = "identity" if estimator.power <= 0 else "log"
    return {"op": "generalized_linear_regressor", "link": link, **_weights(estimator)}, ["value"]


def _closer_offset(estimator: Any, X: np.ndarray, sigma: np.ndarray) -> np.ndarray | None:
    """Whether the version at hand centres rows before it computes their variance: it says so."""
    expected = estimator.predict(X, return_std=True)[1]
    offset = np.broadcast_to(np.asarray(estimator.X_offset_, dtype=float), (X.shape[1],))

    def distance(rows: np.ndarray) -> float:
        variance = np.sum(rows @ sigma * rows, axis=1) + 1.0 / estimator.alpha_
        return float(np.max(np.abs(variance - expected**2)))

    return offset if distance(X - offset) < distance(X) else None


def bayesian_ridge(estimator: Any, X: np.ndarray) -> Model:
    sigma = np.asarray(estimator.sigma_, dtype=float)
    if type(estimator).__name__ == "ARDRegression":
        kept = np.flatnonzero(estimator.lambda_ < estimator.threshold_lambda)
        full = np.zeros((len(estimator.lambda_),) * 2)
        full[np.ix_(kept, kept)] = sigma
        sigma = full
    operator = {"op": "bayesian_ridge", **_weights(estimator), "alpha_": number(estimator.alpha_),
                "sigma_": matrix(sigma)}
    offset = _closer_offset(estimator, X, sigma)
    if offset is not None:
        operator["x_offset_"] = vector(offset)
    return operator, ["value", "std"]


def mlp_regressor(estimator: Any, X: np.ndarray) -> Model:
    if estimator.out_activation_ not in ("identity", "logistic"):
        raise Refused([f"the output activation {estimator.out_activation_}"])
    return _network("mlp_regressor", estimator), ["value"]


def mlp_classifier(estimator: Any, X: np.ndarray) -> Model:
    _refuse_many_labels(estimator)
    return _network("mlp_classifier", estimator), ["label", "probability"]


def _network(operator: str, estimator: Any) -> dict[str, Any]:
    return {"op": operator, "activation": estimator.activation,
            "out_activation_": estimator.out_activation_,
            "coefs_": [matrix(weights) for weights in estimator.coefs_],
            "intercepts_": [vector(values) for values in estimator.intercepts_]}


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-scores))


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _probabilities(kind: str, scores: np.ndarray) -> np.ndarray:
    if kind == "binary":
        return np.column_stack([_sigmoid(-scores[:, 0]), _sigmoid(scores[:, 0])])
    if kind == "ovr":
        each = _sigmoid(scores)
        return each / each.sum(axis=1, keepdims=True)
    return _softmax(scores if scores.shape[1] > 1 else np.column_stack([-scores, scores]))


def _probes(coefficients: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Rows whose scores are near 1, 0 and -1, as far as there are such rows: where scores are far
    from 0, all ways to probabilities give 0 and 1."""
    count = len(coefficients)
    wanted = np.vstack([np.eye(count), -np.eye(count), np.linspace(-1, 1, count)[np.newaxis]])
    return (wanted - intercept) @ np.linalg.pinv(coefficients).T


def logistic_regression(estimator: Any, X: np.ndarray) -> Model:
    """Which of the three ways from scores to probabilities depends on the version, the solver, the
    number of classes and multi_class. The estimator is asked."""
    _refuse_many_labels(estimator)
    coefficients = np.atleast_2d(_dense(estimator.coef_))
    intercept = np.asarray(estimator.intercept_, dtype=float)
    probes = _probes(coefficients, intercept)
    scores = probes @ coefficients.T + intercept
    expected = estimator.predict_proba(probes)
    kinds = ["binary", "multinomial"] if len(coefficients) == 1 else ["multinomial", "ovr"]
    errors = [float(np.max(np.abs(_probabilities(kind, scores) / expected - 1)))
              for kind in kinds]
    if not min(errors) < 1e-6:
        raise Refused(["probabilities that are neither sigmoid, softmax nor one against the rest"])
    return ({"op": "logistic_regression", "multi_class": kinds[int(np.argmin(errors))],
             **_class_weights(estimator)}, ["label", "probability", "score"])


def linear_classifier(estimator: Any, X: np.ndarray) -> Model:
    _refuse_many_labels(estimator)
    return {"op": "linear_classifier", **_class_weights(estimator)}, ["label", "score"]


def sgd_classifier(estimator: Any, X: np.ndarray) -> Model:
    if estimator.loss in ("log_loss", "log"):
        return logistic_regression(estimator, X)
    return linear_classifier(estimator, X)


def linear_discriminant_analysis(estimator: Any, X: np.ndarray) -> Model:
    return ({"op": "linear_discriminant_analysis", **_class_weights(estimator)},
            ["label", "probability", "score"])


def quadratic_discriminant_analysis(estimator: Any, X: np.ndarray) -> Model:
    return ({"op": "quadratic_discriminant_analysis", "means_": matrix(estimator.means_),
             "priors_": vector(estimator.priors_),
             "rotations_": [matrix(rotation) for rotation in estimator.rotations_],
             "scalings_": [vector(scaling) for scaling in estimator.scalings_]},
            ["label", "probability", "score"])


def gaussian_nb(estimator: Any, X: np.ndarray) -> Model:
    return ({"op": "gaussian_nb", "theta_": matrix(estimator.theta_),
             "var_": matrix(estimator.var_), "class_prior_": vector(estimator.class_prior_)},
            ["label", "probability"])


LINEAR_REGRESSORS = (
    "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lars", "LarsCV", "Lasso", "LassoCV",
    "LassoLars", "LassoLarsCV", "LassoLarsIC", "LinearRegression", "LinearSVR",
    "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV",
    "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "PassiveAggressiveRegressor",
    "QuantileRegressor", "Ridge", "RidgeCV", "SGDRegressor", "TheilSenRegressor",
)

PREDICTORS: dict[str, Callable[[Any, np.ndarray], Model]] = {
    **{name: linear_regression for name in LINEAR_REGRESSORS},
    "ARDRegression": bayesian_ridge,
    "BayesianRidge": bayesian_ridge,
    "GammaRegressor": generalized_linear_regressor,
    "GaussianNB": gaussian_nb,
    "LinearDiscriminantAnalysis": linear_discriminant_analysis,
    "LinearSVC": linear_classifier,
    "LogisticRegression": logistic_regression,
    "LogisticRegressionCV": logistic_regression,
    "MLPClassifier": mlp_classifier,
    "MLPRegressor": mlp_regressor,
    "PassiveAggressiveClassifier": linear_classifier,
    "Perceptron": linear_classifier,
    "PoissonRegressor": generalized_linear_regressor,
    "QuadraticDiscriminantAnalysis": quadratic_discriminant_analysis,
    "RidgeClassifier": linear_classifier,
    "RidgeClassifierCV": linear_classifier,
    "SGDClassifier": sgd_classifier,
    "TweedieRegressor": generalized_linear_regressor,
    **densities.PREDICTORS,
    **kernels.PREDICTORS,
    **neighbors.PREDICTORS,
    **processes.PREDICTORS,
    **projections.PREDICTORS,
    **trees.PREDICTORS,
}
