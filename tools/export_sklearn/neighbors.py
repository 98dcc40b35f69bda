"""Neighbours, clusters and what else is a distance to stored points."""

from __future__ import annotations

from typing import Any

import numpy as np

from .document import Refused, matrix, number, vector
from .extra import OUTLIER_OR_NOT, Extra

METRICS = {"euclidean": "euclidean", "l2": "euclidean", "manhattan": "manhattan",
           "l1": "manhattan", "cityblock": "manhattan", "chebyshev": "chebyshev",
           "infinity": "chebyshev", "minkowski": "minkowski", "cosine": "cosine"}


def _points(key: str, points: Any, metric: Any, params: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(metric, str) or metric not in METRICS:
        raise Refused([f"the metric {getattr(metric, '__name__', metric)!s} (known are "
                       f"{', '.join(sorted(set(METRICS.values())))})"])
    params = {name: value for name, value in (params or {}).items() if value is not None}
    operator = {key: matrix(points), "metric": METRICS[metric]}
    if METRICS[metric] == "minkowski":
        operator["p"] = number(params.pop("p", 2))
    if set(params) - {"p"}:
        raise Refused([f"the metric's parameter {sorted(params)[0]}"])
    return operator


def _neighbors(operator: str, estimator: Any) -> dict[str, Any]:
    described = {"op": operator,
                 **_points("points_", estimator._fit_X, estimator.effective_metric_,
                           dict(estimator.effective_metric_params_ or {}))}
    weights = getattr(estimator, "weights", None)
    if callable(weights):
        raise Refused(["weights that are a function"])
    if weights == "distance":
        described["weights"] = "distance"
    return described


def _labels(estimator: Any) -> list:
    if isinstance(estimator.classes_, list):
        raise Refused(["several labels for one row (multi-output classification)"])
    return vector(estimator._y)


def k_neighbors_classifier(estimator: Any, X: np.ndarray) -> tuple:
    operator = _neighbors("k_neighbors_classifier", estimator)
    operator.update(labels_=_labels(estimator), n_neighbors=estimator.n_neighbors)
    return operator, ["label", "probability"], Extra(smooth=False)


def radius_neighbors_classifier(estimator: Any, X: np.ndarray) -> tuple:
    operator = _neighbors("radius_neighbors_classifier", estimator)
    operator.update(labels_=_labels(estimator), radius=number(estimator.radius))
    if estimator.outlier_label_ is not None:
        found = np.flatnonzero(estimator.classes_ == estimator.outlier_label_[0])
        if len(found) != 1:
            raise Refused(["an outlier_label that is none of the classes"])
        operator["outlier_label_"] = int(found[0])
    return operator, ["label", "probability"], Extra(smooth=False)


def _targets(estimator: Any) -> list[list]:
    targets = np.asarray(estimator._y, dtype=float)
    return matrix(targets.reshape(len(targets), -1).T)


def k_neighbors_regressor(estimator: Any, X: np.ndarray) -> tuple:
    operator = _neighbors("k_neighbors_regressor", estimator)
    operator.update(targets_=_targets(estimator), n_neighbors=estimator.n_neighbors)
    return operator, ["value"], Extra(smooth=False)


def radius_neighbors_regressor(estimator: Any, X: np.ndarray) -> tuple:
    operator = _neighbors("radius_neighbors_regressor", estimator)
    operator.update(targets_=_targets(estimator), radius=number(estimator.radius))
    return operator, ["value"], Extra(smooth=False)


def nearest_centroid(estimator: Any, X: np.ndarray) -> tuple:
    """One neighbour among the centroids. Newer versions shift the borders by the priors, if those
    are not all the same."""
    count = len(estimator.classes_)
    priors = getattr(estimator, "class_prior_", np.full(count, 1 / count))
    if not np.isclose(priors, 1 / count).all():
        raise Refused(["priors that are not uniform"])
    operator = {"op": "k_neighbors_classifier", "n_neighbors": 1, "labels_": list(range(count)),
                **_points("points_", estimator.centroids_, estimator.metric, {})}
    return operator, ["label"], Extra(smooth=False)


def birch(estimator: Any, X: np.ndarray) -> tuple:
    labels = np.asarray(estimator.subcluster_labels_)
    classes = np.unique(labels)
    operator = {"op": "k_neighbors_classifier", "n_neighbors": 1,
                "labels_": vector(np.searchsorted(classes, labels)),
                **_points("points_", estimator.subcluster_centers_, "euclidean", {})}
    return operator, ["label"], Extra(classes=list(classes), smooth=False)


def _centers(operator: str, estimator: Any) -> dict[str, Any]:
    return {"op": operator, "cluster_centers_": matrix(estimator.cluster_centers_)}


def k_means(estimator: Any, X: np.ndarray) -> tuple:
    return (_centers("k_means", estimator), ["label", "value"],
            Extra(classes=range(len(estimator.cluster_centers_)), methods={"value": "transform"}))


def centers(estimator: Any, X: np.ndarray) -> tuple:
    """Clusterings that only answer which center is the nearest."""
    if not len(estimator.cluster_centers_):
        raise Refused(["no clusters: it did not converge"])
    return (_centers("k_means", estimator), ["label"],
            Extra(classes=range(len(estimator.cluster_centers_)), smooth=False))


def center_distances(estimator: Any) -> list[dict[str, Any]]:
    return [_centers("center_distances", estimator)]


def local_outlier_factor(estimator: Any, X: np.ndarray) -> tuple:
    if not estimator.novelty:
        raise Refused(["novelty is off: it answers for its training data only"])
    operator = _neighbors("local_outlier_factor", estimator)
    operator.update(n_neighbors=estimator.n_neighbors_,
                    distances_=vector(estimator._distances_fit_X_[:, estimator.n_neighbors_ - 1]),
                    densities_=vector(estimator._lrd), offset_=number(estimator.offset_))
    return operator, ["label", "score"], Extra(classes=OUTLIER_OR_NOT, smooth=False)


PREDICTORS = {
    "AffinityPropagation": centers,
    "Birch": birch,
    "KMeans": k_means,
    "KNeighborsClassifier": k_neighbors_classifier,
    "KNeighborsRegressor": k_neighbors_regressor,
    "LocalOutlierFactor": local_outlier_factor,
    "MeanShift": centers,
    "MiniBatchKMeans": k_means,
    "NearestCentroid": nearest_centroid,
    "RadiusNeighborsClassifier": radius_neighbors_classifier,
    "RadiusNeighborsRegressor": radius_neighbors_regressor,
}

TRANSFORMERS = {
    "KMeans": center_distances,
    "MiniBatchKMeans": center_distances,
}
