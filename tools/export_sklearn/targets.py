"""Estimators of several targets, chains, and targets that are transformed."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .document import Refused, vector, word
from .ensembles import Answer, Steps, dense, prediction_columns
from .trees import JUMPS, forest
from .transformers import FUNCTIONS


def _column(steps: Steps, part: Any, outputs: Sequence[str]) -> dict[str, Any]:
    """An estimator's answer as a column: a value, or a label that is a number."""
    if "value" in outputs:
        return prediction_columns(steps, "value")
    return prediction_columns(steps, "label", classes=_numbers(part.classes_))


def _numbers(classes: Any) -> list:
    numbers = [word(value) for value in classes]
    if any(value is None or isinstance(value, str) for value in numbers):
        raise Refused(["several labels for one row that are words: export its estimators_ one by "
                       "one"])
    return numbers


def _side_by_side(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"op": "feature_union", "transformers": [{"steps": [part]} for part in parts]}


def multi_output(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    parts = []
    for index, part in enumerate(estimator.estimators_):
        steps, outputs = walk.member(part, stage, f"{place}.estimators_[{index}]")
        parts.append(_column(steps, part, outputs))
    return [], _side_by_side(parts), ["value"], JUMPS


def chain(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    """Each estimator sees what those before it said; at the end only that is left, in the
    targets' order."""
    if getattr(estimator, "chain_method_", "predict") != "predict":
        raise Refused([f"a chain of {estimator.chain_method_}"])
    data = dense(stage)
    width = data.shape[1]
    steps: Steps = []
    for index, part in enumerate(estimator.estimators_):
        inputs = list(stage.inputs) + [None] * index
        inner, outputs = walk.member(part, type(stage)(data, inputs),
                                     f"{place}.estimators_[{index}]")
        steps.append({"op": "feature_union", "transformers": [
            {"steps": []}, {"steps": [_column(inner, part, outputs)]}]})
        data = np.column_stack([data, np.asarray(part.predict(data), dtype=float)])
    places = np.argsort(estimator.order_)
    return steps, {"op": "select", "indices": vector(width + places)}, ["value"], JUMPS


def _affine(scale: Any, shift: Any, count: int) -> Steps:
    """x * scale + shift."""
    scale = np.ones(count) if scale is None else scale
    shift = np.zeros(count) if shift is None else shift
    return [{"op": "min_max_scaler", "scale_": vector(scale), "min_": vector(shift)}]


def _inverse(transformer: Any, count: int) -> Steps:
    kind = type(transformer).__name__
    if kind == "FunctionTransformer":
        name = "identity" if transformer.inverse_func is None else FUNCTIONS.get(
            transformer.inverse_func)
        if name is None:
            raise Refused(["the function that turns its targets back (known are "
                           f"{', '.join(sorted(set(FUNCTIONS.values())))})"])
        return [] if name == "identity" else [{"op": "function_transformer", "func": name}]
    if kind == "StandardScaler":
        return _affine(transformer.scale_, transformer.mean_ if transformer.with_mean else None,
                       count)
    if kind == "RobustScaler":
        return _affine(transformer.scale_, transformer.center_, count)
    if kind == "MaxAbsScaler":
        return _affine(transformer.scale_, None, count)
    if kind == "MinMaxScaler":
        return [{"op": "standard_scaler", "mean_": vector(transformer.min_),
                 "scale_": vector(transformer.scale_)}]
    if kind == "Pipeline":
        return [step for _, part in reversed(transformer.steps) for step in _inverse(part, count)]
    raise Refused([f"{kind} has no operator that turns targets back"])


def transformed_target(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    steps, outputs = walk.member(estimator.regressor_, stage, f"{place}.regressor_")
    count = np.asarray(estimator.predict(stage.data[:1])).size
    back = _inverse(estimator.transformer_, count)
    if "value" not in outputs:
        raise Refused(["a regressor within it that has no output 'value' in a document"])
    if not back:
        return steps[:-1], steps[-1], ["value"], JUMPS
    steps = [prediction_columns(steps, "value"), *back]
    return steps[:-1], steps[-1], ["value"], JUMPS


def many_labels_forest(walk: Any, estimator: Any, stage: Any, place: str) -> Answer:
    """A classifier of several targets: a forest for each, whose labels are numbers."""
    walk.compute_with(stage)
    X = dense(stage)
    parts = [prediction_columns([forest(estimator, X, target)[0]], "label",
                                classes=_numbers(classes))
             for target, classes in enumerate(estimator.classes_)]
    return [], _side_by_side(parts), ["value"], JUMPS


ENSEMBLES = {
    "ClassifierChain": chain,
    "MultiOutputClassifier": multi_output,
    "MultiOutputRegressor": multi_output,
    "RegressorChain": chain,
    "TransformedTargetRegressor": transformed_target,
}

