"""scikit-learn's bundled real data sets as tables, and a mixed one made from one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable

import numpy as np
import pandas
from sklearn import datasets

SEED = 20240229


@dataclass(frozen=True)
class Set:
    name: str
    X: pandas.DataFrame
    y: Any
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


def _bundled(name: str, loaded: Any, classes: bool) -> Set:
    frame = loaded.data.astype(float)
    names = tuple(str(item) for item in loaded.target_names) if classes else ()
    return Set(name, frame, np.asarray(loaded.target), names)


def _grades(values: pandas.Series, words: list[str], shares: list[float]) -> pandas.Series:
    """Words by quantile, so that some are rare."""
    edges = np.quantile(values, np.cumsum(shares)[:-1])
    return pandas.Series([words[place] for place in np.searchsorted(edges, values, side="right")],
                         dtype=object)


def _punch(frame: pandas.DataFrame, column: str, share: float, generator: Any) -> None:
    frame.loc[generator.random(len(frame)) < share, column] = np.nan


def _mixed_columns(X: pandas.DataFrame) -> pandas.DataFrame:
    """Numbers, words (some rare, some not ASCII), words that look like numbers, and numbers that
    are categories."""
    return pandas.DataFrame({
        "radius": X["mean radius"],
        "texture": X["mean texture"],
        "area": X["mean area"],
        "smoothness": _grades(X["mean smoothness"], ["low", "medium", "high"], [0.3, 0.4, 0.3]),
        "symmetry": _grades(X["mean symmetry"],
                            ["schief", "mäßig", "gleichmäßig", "très élevé", "≈ 1"],
                            [0.35, 0.3, 0.28, 0.05, 0.02]),
        "concavity grade": _grades(X["mean concavity"], ["1", "2", "3", "4", "10"],
                                   [0.4, 0.3, 0.2, 0.07, 0.03]),
        "points": np.floor(X["mean concave points"] * 25).clip(0, 4),
        "border": _grades(X["worst fractal dimension"], ["smooth", "ragged"], [0.8, 0.2]),
    })


@lru_cache(maxsize=None)
def load(name: str) -> Set:
    return MAKERS[name]()


def breast_cancer() -> Set:
    return _bundled("breast-cancer", datasets.load_breast_cancer(as_frame=True), True)


def iris() -> Set:
    return _bundled("iris", datasets.load_iris(as_frame=True), True)


def wine() -> Set:
    return _bundled("wine", datasets.load_wine(as_frame=True), True)


def digits() -> Set:
    return _bundled("digits", datasets.load_digits(as_frame=True), False)


def diabetes() -> Set:
    return _bundled("diabetes", datasets.load_diabetes(as_frame=True, scaled=False), False)


def linnerud() -> Set:
    loaded = datasets.load_linnerud(as_frame=True)
    return Set("linnerud", loaded.data.astype(float), loaded.target.to_numpy(dtype=float),
               targets=tuple(loaded.target_names))


def mixed() -> Set:
    loaded = datasets.load_breast_cancer(as_frame=True)
    frame = _mixed_columns(loaded.data.reset_index(drop=True))
    generator = np.random.default_rng(SEED)
    for column, share in (("radius", 0.08), ("area", 0.05), ("symmetry", 0.1),
                          ("concavity grade", 0.04)):
        _punch(frame, column, share, generator)
    return Set("mixed", frame, np.asarray(loaded.target),
               tuple(str(item) for item in loaded.target_names))


def mixed_complete() -> Set:
    """The same without missing values."""
    loaded = datasets.load_breast_cancer(as_frame=True)
    frame = _mixed_columns(loaded.data.reset_index(drop=True))
    return Set("mixed-complete", frame, np.asarray(loaded.target),
               tuple(str(item) for item in loaded.target_names))


def mixed_new() -> Set:
    """Every fourth row of the mixed table with words that no encoder has seen."""
    before = mixed()
    frame = before.X.iloc[::4].reset_index(drop=True)
    generator = np.random.default_rng(SEED + 1)
    for column, word in (("smoothness", "unheard of"), ("symmetry", "新しい"),
                         ("concavity grade", "7")):
        frame.loc[generator.random(len(frame)) < 0.25, column] = word
    return Set("mixed-new", frame, before.y[::4], before.classes)


def some(name: str, step: int, decimals: int, called: str = "some") -> Callable[[], Set]:
    """Every step-th row, rounded so that documents which hold rows stay short."""
    def make() -> Set:
        whole = load(name)
        frame = whole.X.iloc[::step].round(decimals).reset_index(drop=True)
        return Set(f"{name}-{called}", frame, whole.y[::step], whole.classes, whole.targets)
    return make


def mixed_few() -> Set:
    """Every twelfth row of the mixed table; one of its columns is wholly there."""
    before = mixed()
    return Set("mixed-few", before.X.iloc[::12].reset_index(drop=True), before.y[::12],
               before.classes)


def mixed_few_new() -> Set:
    """The same with words that no encoder has seen."""
    before = mixed_few()
    frame = before.X.copy()
    frame.loc[::5, "smoothness"] = "unheard of"
    frame.loc[1::7, "symmetry"] = "新しい"
    return Set("mixed-few-new", frame, before.y, before.classes)


def mixed_few_categories() -> Set:
    """The same rows, whose words are a categorical column of pandas."""
    before = mixed_few()
    frame = before.X.copy()
    for column in ("smoothness", "symmetry", "concavity grade", "border"):
        frame[column] = frame[column].astype("category")
    return Set("mixed-few-categories", frame, before.y, before.classes)


def iris_edges() -> Set:
    """Rows on the thresholds that trees find between numbers of one decimal, and beside them."""
    rows = [[length, 2.95, petal, width] for length in (5.45, 5.450000000000001, 5.95)
            for petal in (2.45, 2.4500000477, 4.75, 4.95) for width in (0.8, 0.800000012, 1.65, 1.75)]
    return Set("iris-edges", pandas.DataFrame(rows, columns=list(iris().X.columns)),
               np.zeros(len(rows), dtype=int), iris().classes)


def iris_missing() -> Set:
    whole = some("iris", 3, 1)()
    frame = whole.X.copy()
    generator = np.random.default_rng(SEED + 2)
    for column in frame.columns:
        _punch(frame, column, 0.2, generator)
    return Set("iris-missing", frame, whole.y, whole.classes)


def iris_pairs() -> Set:
    """Two labels for one row, both numbers."""
    whole = some("iris", 3, 1)()
    long = np.where(whole.X.iloc[:, 0] > 5.8, 7, 4)
    return Set("iris-pairs", whole.X, np.column_stack([whole.y, long]),
               targets=("species", "length"))


def diabetes_positive() -> Set:
    """Positive targets, some rows without a number."""
    whole = some("diabetes", 9, 1)()
    frame = whole.X.copy()
    _punch(frame, "bmi", 0.2, np.random.default_rng(SEED + 3))
    return Set("diabetes-positive", frame, whole.y)


def iris_axis() -> Set:
    """One number for each row."""
    whole = some("iris", 3, 1)()
    return Set("iris-axis", whole.X.iloc[:, [2]], whole.X.iloc[:, 3].to_numpy())


MAKERS = {
    "breast-cancer": breast_cancer,
    "breast-cancer-few": some("breast-cancer", 25, 2, "few"),
    "breast-cancer-some": some("breast-cancer", 11, 2),
    "diabetes": diabetes,
    "diabetes-few": some("diabetes", 18, 1, "few"),
    "diabetes-positive": diabetes_positive,
    "diabetes-some": some("diabetes", 9, 1),
    "digits": digits,
    "digits-some": some("digits", 36, 1),
    "iris": iris,
    "iris-few": some("iris", 7, 1, "few"),
    "iris-axis": iris_axis,
    "iris-edges": iris_edges,
    "iris-missing": iris_missing,
    "iris-pairs": iris_pairs,
    "iris-some": some("iris", 3, 1),
    "linnerud": linnerud,
    "mixed": mixed,
    "mixed-complete": mixed_complete,
    "mixed-few": mixed_few,
    "mixed-few-categories": mixed_few_categories,
    "mixed-few-new": mixed_few_new,
    "mixed-new": mixed_new,
    "wine": wine,
    "wine-some": some("wine", 4, 2),
}
