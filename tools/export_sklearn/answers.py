"""What the estimator itself answers, by the names of omen's outputs."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

import numpy as np

from .document import is_missing, word
from .extra import Extra


class Answers:
    """`outputs` are the ones to ask for; a label is answered by its position in `classes`."""

    def __init__(self, estimator: Any, outputs: Sequence[str], is_model: bool,
                 extra: Extra = Extra()) -> None:
        self.estimator = estimator
        self.outputs = list(outputs)
        self.is_model = is_model
        self.methods = extra.methods
        self.classes = []
        if "label" in outputs:
            classes = extra.classes if extra.classes is not None else _classes(estimator)
            self.classes = [word(value) for value in classes]

    def of(self, data: Any) -> dict[str, np.ndarray]:
        """Each output as [n] or, with more than one column, [n, columns]. What the estimator does
        not take raises, as it does there."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {output: _squeeze(self._ask(output, data)) for output in self.outputs}

    def _ask(self, output: str, data: Any) -> np.ndarray:
        if output in self.methods:
            return getattr(self.estimator, self.methods[output])(data)
        if output == "label":
            positions = {value: index for index, value in enumerate(self.classes)}
            return np.array([positions[word(value)] for value in self.estimator.predict(data)])
        if output == "probability":
            return self.estimator.predict_proba(data)
        if output == "score":
            return self.estimator.decision_function(data)
        if output == "std":
            return self.estimator.predict(data, return_std=True)[1]
        if self.is_model:
            return self.estimator.predict(data)
        transformed = self.estimator.transform(data)
        return transformed.toarray() if hasattr(transformed, "toarray") else transformed

    def accepts(self, data: Any) -> bool:
        """Whether there is an answer, and it is finite."""
        try:
            answers = self.of(data)
        except (ValueError, TypeError, KeyError, IndexError):
            return False
        return all(bool(np.all(np.isfinite(values))) for values in answers.values())


def _classes(estimator: Any) -> Sequence[Any]:
    classes = getattr(estimator, "classes_", [])
    if not len(classes) or any(is_missing(value) for value in classes):
        raise ValueError("the estimator has no classes_")
    return classes


def _squeeze(values: Any) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    return values
