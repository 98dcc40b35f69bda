"""From a fitted estimator, however nested, to steps and a model.

The walk carries the training data along, as the estimator's own parts transform it: widths, and
whatever a fitted object does not say about itself, come from there. Everything that cannot be
exported is collected with its place, so that one run names it all."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from . import histograms, targets
from .answers import Answers
from .document import Refused
from .ensembles import ENSEMBLES as SINGLE_TARGET
from .extra import Extra
from .predictors import PREDICTORS
from .text import VECTORIZERS
from .transformers import ENCODERS, TRANSFORMERS
from .trees import forest

WRAPPERS = {
    "FrozenEstimator": "estimator",
    "GridSearchCV": "best_estimator_",
    "HalvingGridSearchCV": "best_estimator_",
    "HalvingRandomSearchCV": "best_estimator_",
    "RANSACRegressor": "estimator_",
    "RandomizedSearchCV": "best_estimator_",
}

CELLS = 4_000_000  # that sparse data may become when it is made dense
SAMPLE = 64  # rows that are enough of what does not

THRESHOLDS = {"FixedThresholdClassifier", "TunedThresholdClassifierCV"}

ENSEMBLES = {**SINGLE_TARGET, **histograms.ENSEMBLES, **targets.ENSEMBLES}


@dataclass
class Stage:
    """What reaches a part: the data, and for each column the input it is, untouched, or None."""

    data: Any
    inputs: list[int | None]

    def take(self, indices: list[int]) -> Stage:
        data = self.data.iloc[:, indices] if hasattr(self.data, "iloc") else self.data[:, indices]
        return Stage(data, [self.inputs[index] for index in indices])

    def text(self) -> Stage:
        """One column of texts, as a vectoriser takes it."""
        if len(self.inputs) != 1:
            raise Refused([f"{len(self.inputs)} columns where one of texts is needed"])
        if self.inputs[0] is None:
            raise Refused(["texts that another step has made"])
        if getattr(self.data, "ndim", 1) == 1:
            return self
        data = self.data.iloc[:, 0] if hasattr(self.data, "iloc") else self.data[:, 0]
        return Stage(data, self.inputs)

    def through(self, transformer: Any) -> Stage:
        data = transformer.transform(self.data)
        if not hasattr(data, "iloc") and not _is_large(data):
            data = _dense(data)
        return Stage(data, [None] * data.shape[1])


def _is_large(data: Any) -> bool:
    """Sparse rows whose cells would not fit in memory all at once, or hardly."""
    return hasattr(data, "toarray") and data.shape[0] * data.shape[1] > CELLS


def _dense(data: Any) -> np.ndarray:
    data = np.asarray(data.toarray() if hasattr(data, "toarray") else data)
    return data.reshape(len(data), -1)


@dataclass
class Walk:
    """The inputs' names; what the walk finds out about them; what it could not export."""

    names: list[str]
    refusals: list[str] = field(default_factory=list)
    encoded: set[int] = field(default_factory=set)  # inputs that reach an encoder as they are
    computed: set[int] = field(default_factory=set)  # inputs that anything else computes with
    texts: set[int] = field(default_factory=set)  # inputs that are free text
    words: dict[int, list] = field(default_factory=dict)  # the encoders' categories, by input
    outputs: list[str] = field(default_factory=lambda: ["value"])
    final: tuple[Any, np.ndarray] | None = None  # the model, and the data that reaches it
    extra: Extra = field(default_factory=Extra)  # what else is to say about the model
    threshold: tuple[float, int] | None = None  # of a probability, and the class it is about
    depth: int = 0  # of estimators within estimators

    def refuse(self, place: str, reason: str) -> list:
        self.refusals.append(f"{place}: {reason}" if place else reason)
        return []

    def document(self, estimator: Any, data: Any) -> tuple[list, dict | None]:
        """All steps, and the model if the last part is one."""
        stage = Stage(data, list(range(len(self.names))))
        steps, model, last = self._chain(estimator, stage, "")
        self._compute_with(last)
        return steps, model

    def answers(self, estimator: Any, is_model: bool) -> Answers:
        """What the estimator that was walked, or its last part, answers itself."""
        return Answers(estimator, self.outputs, is_model, self.extra)

    def _compute_with(self, stage: Stage) -> None:
        self.computed.update(index for index in stage.inputs if index is not None)

    def compute_with(self, stage: Stage) -> None:
        """An estimator computes with all of these columns."""
        self._compute_with(stage)

    def select(self, stage: Stage, indices: list[int]) -> list:
        """The step that keeps these columns; none if it is all of them."""
        return self._select(stage, indices)

    def member(self, estimator: Any, stage: Stage, place: str) -> tuple[list, list[str]]:
        """An estimator within another: its steps, of which the last makes the answer, and that
        one's outputs."""
        self.depth += 1
        refusals = len(self.refusals)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about names of columns, which stay the same
            steps, model, _ = self._chain(estimator, stage, place)
        self.depth -= 1
        outputs, self.outputs, self.extra = self.outputs, ["value"], Extra()
        if model is None:
            if len(self.refusals) == refusals:
                self.refuse(place, "answers nothing")
            raise Refused([])
        return steps + [model], outputs

    def _chain(self, estimator: Any, stage: Stage, place: str) -> tuple[list, dict | None, Stage]:
        """A whole pipeline, whose last part may be a model."""
        estimator, place = _unwrap(estimator, place)
        if _kind(estimator) == "Pipeline":
            steps: list = []
            for name, part in estimator.steps[:-1]:
                more, stage = self._transformer(part, stage, _join(place, name))
                steps += more
            name, part = estimator.steps[-1]
            more, model, stage = self._chain(part, stage, _join(place, name))
            return steps + more, model, stage
        if _kind(estimator) in THRESHOLDS:
            return self._chain(*self._threshold(estimator, stage, place))
        if _kind(estimator) in ENSEMBLES or _is_forest_of_labels(estimator):
            steps, model = self._ensemble(estimator, stage, place)
            return steps, model, Stage(stage.data, [])
        if _kind(estimator) in PREDICTORS:
            return [], self._model(estimator, stage, place), stage
        steps, stage = self._transformer(estimator, stage, place)
        return steps, None, stage

    def _model(self, estimator: Any, stage: Stage, place: str) -> dict | None:
        self._compute_with(stage)
        kind = _kind(estimator)
        try:
            check_is_fitted(estimator)
            data = stage.data[:SAMPLE] if _is_large(stage.data) else stage.data
            data = np.asarray(_dense(data), dtype=float)
            model, self.outputs, *extra = PREDICTORS[kind](estimator, data)
            self.extra = extra[0] if extra else Extra()
            self.final = (estimator, data)
        except Refused as refused:
            for reason in refused.reasons:
                self.refuse(_name(place, kind), reason)
            return None
        except NotFittedError:
            self.refuse(_name(place, kind), "is not fitted")
            return None
        return model

    def _ensemble(self, estimator: Any, stage: Stage, place: str) -> tuple[list, dict | None]:
        kind = _kind(estimator)
        name = _name(place, kind)
        try:
            check_is_fitted(estimator)
            make = ENSEMBLES.get(kind, targets.many_labels_forest)
            steps, model, self.outputs, self.extra = make(self, estimator, stage, name)
            self.final = None
            return steps, model
        except Refused as refused:
            for reason in refused.reasons:
                self.refuse(name, reason)
        except NotFittedError:
            self.refuse(name, "is not fitted")
        return [], None

    def _threshold(self, estimator: Any, stage: Stage, place: str) -> tuple[Any, Stage, str]:
        """A classifier with a threshold of its own, which the document's outputs have."""
        kind = _kind(estimator)
        name = _name(place, kind)
        check_is_fitted(estimator)
        inner = estimator.estimator_
        method = estimator._get_response_method()
        method = next((each for each in ([method] if isinstance(method, str) else method)
                       if hasattr(inner, each)), None)
        if self.depth or method != "predict_proba":
            raise Refused([f"{name}: a threshold within another estimator" if self.depth else
                           f"{name}: a threshold of {method}"])
        threshold = (estimator.best_threshold_ if kind == "TunedThresholdClassifierCV"
                     else estimator.threshold)
        threshold = 0.5 if isinstance(threshold, str) else float(threshold)
        positive = (estimator._curve_scorer._get_pos_label()
                    if kind == "TunedThresholdClassifierCV" else estimator.pos_label)
        positive = estimator.classes_[1] if positive is None else positive
        self.threshold = (threshold, list(estimator.classes_).index(positive))
        return inner, stage, _join(place, f"{kind}.estimator_")

    def _transformer(self, part: Any, stage: Stage, place: str) -> tuple[list, Stage]:
        """A part whose answer goes on. Where it cannot be exported, the walk goes on too."""
        part, place = _unwrap(part, place)
        if part is None or (isinstance(part, str) and part == "passthrough"):
            return [], stage
        kind = _kind(part)
        try:
            check_is_fitted(part)
            if kind == "Pipeline":
                steps: list = []
                for name, inner in part.steps:
                    more, stage = self._transformer(inner, stage, _join(place, name))
                    steps += more
                return steps, stage
            if kind == "ColumnTransformer":
                return self._column_transformer(part, stage, _name(place, kind))
            if kind == "FeatureUnion":
                return self._feature_union(part, stage, _name(place, kind))
            return self._leaf(part, stage, kind)
        except NotFittedError:
            raise Refused(self.refusals + [f"{_name(place, kind)}: is not fitted"]) from None
        except Refused as refused:
            for reason in refused.reasons:
                self.refuse(_name(place, kind), reason)
            if not hasattr(part, "transform"):
                raise Refused(self.refusals) from None
            return [], stage.through(part)

    def _leaf(self, part: Any, stage: Stage, kind: str) -> tuple[list, Stage]:
        if isinstance(part, SelectorMixin) and kind:
            indices = [int(index) for index in part.get_support(indices=True)]
            return self._select(stage, indices), stage.take(indices)
        if kind not in TRANSFORMERS:
            raise Refused([_why_not(part)])
        if kind in ("SimpleImputer", "MissingIndicator") and part.missing_values is not None:
            if any(cell is None for cell in np.asarray(stage.data, dtype=object).ravel()):
                raise Refused(["None in its data, which it does not take for missing: use NaN"])
        if kind in VECTORIZERS:
            stage = stage.text()
            self.texts.update(index for index in stage.inputs if index is not None)
            return TRANSFORMERS[kind](part), stage.through(part)
        steps = TRANSFORMERS[kind](part)
        if not steps:  # the identity
            return [], stage
        if kind in ENCODERS:
            for index, values in zip(stage.inputs, steps[0]["categories_"]):
                if index is not None:
                    self.encoded.add(index)
                    self.words.setdefault(index, []).extend(values)
        else:
            self._compute_with(stage)
        return steps, stage.through(part)

    def _names_of(self, stage: Stage) -> list[str] | None:
        """The columns' names, where all of them are inputs as they came and each is there once."""
        known = [index for index in stage.inputs if index is not None]
        if len(known) < len(stage.inputs) or len(set(known)) < len(known):
            return None
        return [self.names[index] for index in known]

    def _select(self, stage: Stage, indices: list[int]) -> list:
        names = self._names_of(stage)
        if indices == list(range(len(stage.inputs))):
            return []
        if names is None or len(set(indices)) < len(indices):
            return [{"op": "select", "indices": indices}]
        return [{"op": "select", "columns": [names[index] for index in indices]}]

    def _column_transformer(self, part: Any, stage: Stage, place: str) -> tuple[list, Stage]:
        names = self._names_of(stage)
        elements, stages = [], []
        weights = part.transformer_weights or {}
        for name, inner, chosen in part.transformers_:
            indices = _positions(chosen, stage.data)
            if not indices or (isinstance(inner, str) and inner == "drop"):
                continue
            taken = stage.take(indices)
            steps, after = self._transformer(inner, taken, _join(place, name))
            steps = steps + _weighted(weights.get(name), after)
            if names is None:
                elements.append({"steps": [{"op": "select", "indices": indices}] + steps})
            else:
                elements.append({"columns": [names[index] for index in indices], "steps": steps})
            stages.append(after)
        operator = ({"op": "feature_union", "transformers": elements} if names is None
                    else {"op": "column_transformer", "transformers": elements})
        return [operator], self._side_by_side(part, stage, stages)

    def _feature_union(self, part: Any, stage: Stage, place: str) -> tuple[list, Stage]:
        elements, stages = [], []
        weights = part.transformer_weights or {}
        for name, inner in part.transformer_list:
            if isinstance(inner, str) and inner == "drop":
                continue
            steps, after = self._transformer(inner, stage, _join(place, name))
            elements.append({"steps": steps + _weighted(weights.get(name), after)})
            stages.append(after)
        return ([{"op": "feature_union", "transformers": elements}],
                self._side_by_side(part, stage, stages))

    def _side_by_side(self, part: Any, stage: Stage, stages: list[Stage]) -> Stage:
        after = stage.through(part)
        inputs = [index for each in stages for index in each.inputs]
        if len(inputs) != len(after.inputs):
            raise Refused([f"makes {len(after.inputs)} columns where its parts make "
                           f"{len(inputs)}"])
        if part.transformer_weights:
            return after
        return Stage(after.data, inputs)


def _weighted(weight: float | None, stage: Stage) -> list:
    if weight is None:
        return []
    count = len(stage.inputs)
    return [{"op": "min_max_scaler", "scale_": [float(weight)] * count, "min_": [0] * count}]


def _positions(chosen: Any, data: Any) -> list[int]:
    """Where a ColumnTransformer's columns are: names, positions, a mask, or a slice of either."""
    labels = list(data.columns) if hasattr(data, "columns") else []
    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            first = 0 if chosen.start is None else labels.index(chosen.start)
            last = len(labels) if chosen.stop is None else labels.index(chosen.stop) + 1
            return list(range(first, last)[::chosen.step])
        return list(range(data.shape[1])[chosen])
    if isinstance(chosen, str) or np.isscalar(chosen):
        chosen = [chosen]
    chosen = list(chosen)
    if chosen and all(isinstance(item, (bool, np.bool_)) for item in chosen):
        return [index for index, taken in enumerate(chosen) if taken]
    return [labels.index(item) if isinstance(item, str) else range(data.shape[1])[int(item)]
            for item in chosen]


def _kind(part: Any) -> str:
    """The class, if it is scikit-learn's own: a subclass may compute anything."""
    module = type(part).__module__
    return type(part).__name__ if module.split(".")[0] == "sklearn" else ""


def _is_forest_of_labels(part: Any) -> bool:
    """A tree or a forest that answers several labels for one row."""
    return (_kind(part) in PREDICTORS and PREDICTORS[_kind(part)] is forest and
            isinstance(getattr(part, "classes_", None), list))


def _why_not(part: Any) -> str:
    name = type(part).__name__
    if not _kind(part):
        return f"{type(part).__module__}.{name} is not scikit-learn's own"
    if name in PREDICTORS or name in ENSEMBLES:
        return f"{name} in the middle of a pipeline"
    return f"{name} has no operator"


def _unwrap(part: Any, place: str) -> tuple[Any, str]:
    """A search's best estimator, and the like."""
    while _kind(part) in WRAPPERS:
        wrapper = _kind(part)
        attribute = WRAPPERS[wrapper]
        if not hasattr(part, attribute):
            raise Refused([f"{_name(place, wrapper)}: has no {attribute} (not fitted, or refit is "
                           f"off)"])
        part, place = getattr(part, attribute), _join(place, f"{wrapper}.{attribute}")
    return part, place


def _join(place: str, name: str) -> str:
    return f"{place} > {name}" if place else name


def _name(place: str, kind: str) -> str:
    if not kind:
        return place
    return f"{place} ({kind})" if place else kind
