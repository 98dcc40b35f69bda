"""The training data, whatever it came as, and single rows in the form that the estimator takes."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .document import Refused, is_missing, number, word
from .text import VECTORIZERS

Cell = Any  # what a row of a document has: a number, a word, or None for a missing value


class Table:
    """Names and columns of the data, and the way back from a document's rows to such data."""

    def __init__(self, data: Any, estimator: Any, names: Sequence[str] | None) -> None:
        if hasattr(data, "toarray"):
            raise Refused(["sparse training data: give it as an array (toarray())"])
        data = _as_trained(data, estimator)
        self.is_texts = _is_texts(data, estimator)  # a list of texts, no table
        if self.is_texts:
            names = names or [str(getattr(data, "name", None) or "text")]
            data = np.array(list(np.asarray(data, dtype=object).ravel()), dtype=object)[:, None]
        self.is_frame = hasattr(data, "iloc")
        if not self.is_frame:
            data = np.asarray(data)
            if data.ndim != 2:
                raise Refused([f"training data with {data.ndim} dimensions where 2 are needed"])
            if data.dtype.kind in "US":  # the cells must be able to hold longer words
                data = data.astype(object)
        self.labels = list(data.columns) if self.is_frame else list(range(data.shape[1]))
        self.names = _names(data, estimator, names, self.labels)
        self.columns = [_column(data, index) for index in range(len(self.labels))]
        self.has_words = [any(isinstance(value, str) for value in column)
                          for column in self.columns]
        self.rows = len(data)
        if not self.rows or not self.labels:
            raise Refused(["training data without rows or columns"])
        # A missing number is NaN; for the rest it is what the data has, else NaN.
        self._missing = [_missing_mark(column) for column in self.columns]
        self.data = self.build([self.row(index) for index in range(self.rows)])

    def cell(self, row: int, column: int) -> Cell:
        return word(self.columns[column][row])

    def row(self, index: int) -> list[Cell]:
        return [self.cell(index, column) for column in range(len(self.columns))]

    def missing(self, column: int) -> np.ndarray:
        return np.array([is_missing(value) for value in self.columns[column]])

    def build(self, rows: Sequence[Sequence[Cell]]) -> Any:
        """Rows of a document as the estimator takes them."""
        if self.is_texts:
            return np.array([float("nan") if row[0] is None else row[0] for row in rows],
                            dtype=object)
        filled = [[self._missing[index] if cell is None else cell for index, cell in enumerate(row)]
                  for row in rows]
        if not self.is_frame:
            return np.array(filled, dtype=object if any(self.has_words) else float)
        import pandas
        columns = {}
        for index, label in enumerate(self.labels):
            dtype = object if self.has_words[index] else float
            columns[label] = pandas.Series([row[index] for row in filled], dtype=dtype)
        return pandas.DataFrame(columns, columns=self.labels)


def _is_texts(data: Any, estimator: Any) -> bool:
    """Whether the estimator begins with a vectoriser, which takes a list of texts."""
    shape = np.shape(data)
    if len(shape) > 1 and shape[1] != 1:
        return False
    while hasattr(estimator, "steps") or hasattr(estimator, "best_estimator_") or hasattr(
            estimator, "transformer_list"):
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            estimator = getattr(estimator, "steps", None) or estimator.transformer_list
            estimator = estimator[0][1]
    return type(estimator).__name__ in VECTORIZERS


def _as_trained(data: Any, estimator: Any) -> Any:
    """An array becomes a frame if the estimator was trained on one: columns are chosen by name."""
    trained = getattr(estimator, "feature_names_in_", None)
    if trained is None or hasattr(data, "iloc"):
        return data
    try:
        import pandas
    except ImportError:
        return data
    array = np.asarray(data)
    if array.ndim != 2 or array.shape[1] != len(trained):
        return data
    return pandas.DataFrame(array, columns=list(trained)).infer_objects()


def _names(data: Any, estimator: Any, names: Sequence[str] | None, labels: list) -> list[str]:
    if names is None and hasattr(data, "columns"):
        names = [str(label) for label in labels]
    if names is None:
        names = [str(name) for name in getattr(estimator, "feature_names_in_", [])]
        names = names or [f"x{index}" for index in range(len(labels))]
    names = [str(name) for name in names]
    if len(names) != len(labels):
        raise Refused([f"{len(names)} names for {len(labels)} columns"])
    if len(set(names)) < len(names) or "" in names:
        raise Refused(["column names that are empty or there twice"])
    return names


def _column(data: Any, index: int) -> list:
    column = data.iloc[:, index] if hasattr(data, "iloc") else data[:, index]
    values = column.tolist()
    for value in values:
        if not is_missing(value) and not isinstance(value, (str, int, float, np.number, np.bool_)):
            raise Refused([f"column {index + 1} has values of type {type(value).__name__}"])
    return values


def _missing_mark(column: list) -> Any:
    marks = [value for value in column if is_missing(value)]
    if marks and all(mark is None for mark in marks) and any(isinstance(value, str)
                                                            for value in column):
        return None
    return float("nan")


def unknown_word(words: list[Cell]) -> Cell:
    """A word that is not listed; a number where all words are numbers."""
    if words and not any(isinstance(item, str) for item in words):
        return number(max(words) + 1)
    candidate = "unknown"
    while candidate in words:
        candidate += "?"
    return candidate
