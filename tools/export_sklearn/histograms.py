"""HistGradientBoosting*: trees that see doubles, with categories and missing values."""

from __future__ import annotations

from typing import Any

import numpy as np

from .document import vector
from .ensembles import Answer, Steps
from .transformers import ordinal_encoder
from .trees import CLASSIFIER, JUMPS, describe, refuse_many_labels, zero_is_positive

WORD = 32
LOG_LINKS = ("gamma", "poisson")


class Categories:
    """What the trees see of the categories: their positions, whatever they were before. Each of
    `codes` has the numbers that a column's trees were trained with, in that order."""

    def __init__(self, estimator: Any) -> None:
        mask = estimator.is_categorical_
        mask = np.zeros(estimator.n_features_in_, bool) if mask is None else np.asarray(mask)
        self.preprocessor = getattr(estimator, "_preprocessor", None)
        width = len(mask)
        if self.preprocessor is None:  # before 1.4 columns stay where they are
            self.chosen = [int(column) for column in np.flatnonzero(mask)]
            self.rest = [int(column) for column in np.flatnonzero(~mask)]
            order = self.chosen + self.rest
            self.places = np.argsort(order)
            known = [estimator._bin_mapper.bin_thresholds_[column] for column in self.chosen]
            self.codes = [np.asarray(values, dtype=int) for values in known]
            self.encoder: Steps = [{"op": "ordinal_encoder", "handle_unknown": "use_encoded_value",
                                    "unknown_value": "NaN",
                                    "categories_": [vector(values) for values in known]}]
            return
        count = int(mask.sum())
        encoder = self.preprocessor.named_transformers_["encoder"]
        columns = {name: chosen for name, _, chosen in self.preprocessor.transformers_}
        chosen = np.asarray(columns["encoder"])
        self.chosen = [int(column) for column in
                       (np.flatnonzero(chosen) if chosen.dtype == bool else chosen)]
        self.rest = [column for column in range(width) if column not in self.chosen]
        self.places = np.arange(width)
        self.codes = [np.arange(256)] * count
        self.encoder = ordinal_encoder(encoder)

    def steps(self, walk: Any, stage: Any) -> Steps:
        """The encoder for the categories, which then stand first."""
        if not self.chosen:
            return []
        first, rest = stage.take(self.chosen), stage.take(self.rest)
        parts = [{"steps": walk.select(stage, self.chosen) + self.encoder}]
        if self.rest:
            parts.append({"steps": walk.select(stage, self.rest)})
        walk.compute_with(rest)
        for index, values in zip(first.inputs, self.encoder[0]["categories_"]):
            if index is not None:
                walk.encoded.add(index)
                walk.words.setdefault(index, []).extend(values)
        return [{"op": "feature_union", "transformers": parts}]


def _sets(predictor: Any, codes_of: dict[int, np.ndarray]) -> tuple[list, list]:
    """For each node the position of its categories in the sets, and the sets."""
    places: list[int | None] = []
    sets: list[list[int]] = []
    for node in predictor.nodes:
        if node["is_leaf"] or not node["is_categorical"]:
            places.append(None)
            continue
        bits = predictor.raw_left_cat_bitsets[node["bitset_idx"]]
        codes = codes_of[int(node["feature_idx"])]
        places.append(len(sets))
        sets.append([int(place) for place, code in enumerate(codes)
                     if int(bits[code // WORD]) >> (code % WORD) & 1])
    return places, sets


def _tree(predictor: Any, categories: Categories, mask: np.ndarray) -> dict[str, Any]:
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"].astype(bool)
    left = np.where(is_leaf, -1, nodes["left"].astype(int))
    right = np.where(is_leaf, -1, nodes["right"].astype(int))
    trained = np.flatnonzero(mask)
    codes_of = {int(column): codes for column, codes in zip(trained, categories.codes)}
    places, sets = _sets(predictor, codes_of)
    threshold = np.where(is_leaf | nodes["is_categorical"].astype(bool), 0, nodes["num_threshold"])
    feature = categories.places[nodes["feature_idx"].astype(int)]
    tree = describe(left, right, feature, threshold, nodes["value"].astype(float),
                    nodes["missing_go_to_left"].astype(float))
    if sets:
        order = describe(left, right, np.arange(len(nodes)), threshold, np.arange(len(nodes)))
        numbers = np.where(np.array(order["left"]) < 0, order["value"], order["feature"])
        tree["set"] = [places[int(node)] for node in numbers]
        tree["sets"] = sets
    return tree


def _operator(estimator: Any) -> tuple[dict[str, Any], Categories]:
    categories = Categories(estimator)
    mask = estimator.is_categorical_
    mask = np.zeros(estimator.n_features_in_, bool) if mask is None else np.asarray(mask)
    trees = []
    for stage in estimator._predictors:
        for output, predictor in enumerate(stage):
            tree = _tree(predictor, categories, mask)
            trees.append({"output": output, **tree} if output else tree)
    base = np.ravel(estimator._baseline_prediction)
    operator = {"op": "tree_ensemble", "compare": "<=", "dtype": "float64",
                "missing": "default_left", "base": vector(base)}
    if len(base) > 1:
        operator["outputs"] = len(base)
    return {**operator, "trees": trees}, categories


def hist_gradient_boosting(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    classifier = hasattr(estimator, "classes_")
    operator, categories = _operator(estimator)
    trees = operator.pop("trees")
    outputs = ["value"]
    if classifier:
        refuse_many_labels(estimator)
        outputs = CLASSIFIER + ["score"]
        many = len(operator["base"]) > 1
        operator.update(task="classification", link="softmax" if many else "logistic")
        if not many:
            operator["zero_is_positive"] = zero_is_positive(estimator, stage.data)
    elif estimator.loss in LOG_LINKS:
        operator["link"] = "exp"
    if not categories.chosen:
        walk.compute_with(stage)
    return categories.steps(walk, stage), {**operator, "trees": trees}, outputs, JUMPS


ENSEMBLES = {
    "HistGradientBoostingClassifier": hist_gradient_boosting,
    "HistGradientBoostingRegressor": hist_gradient_boosting,
}
