"""LightGBM models of every objective, booster and option, with the trainer's own answers.

`python -m lightgbm.cases FOLDER ENVIRONMENT [CASE...]` writes FOLDER/CASE/model.txt and
expected.json. The answers are those of a Booster that was read from model.txt, since that file is
what is served. ENVIRONMENT is a release: 4.7.0 makes most cases, the older ones what their files
or their meaning have of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pandas as pd

from . import data
from .answers import Case, text_of, write
from .trainer import lgb, VERSION

Parameters = dict[str, Any]
Maker = Callable[[], Case]

BASE: Parameters = {"verbose": -1, "num_threads": 1, "seed": 11, "num_leaves": 7,
                    "min_data_in_leaf": 10, "learning_rate": 0.3}
if VERSION >= (3, 3, 0):
    BASE["deterministic"] = True
RF: Parameters = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6,
                  "feature_fraction": 0.8}
GROUPS = [20] * (data.ROWS // 20)


def train(parameters: Parameters, features: Any, target: Any, rounds: int = 5, categories: Any = None,
          **more: Any) -> Any:
    """A Booster; `categories` are columns of codes, `more` goes to lightgbm.train."""
    weight, group = more.pop("weight", None), more.pop("group", None)
    dataset = lgb.Dataset(features, target, weight=weight, group=group, free_raw_data=False,
                          categorical_feature=categories if categories is not None else "auto",
                          params={**BASE, **parameters})
    return lgb.train({**BASE, **parameters}, dataset, rounds, **more)


def of_numbers(target: Callable[[Any], Any], rounds: int = 5, missing: bool = True, *,
               classes: int = 0, **parameters: Any) -> Case:
    """A model of the plain number columns."""
    matrix = data.numbers(missing=missing)
    booster = train(parameters, matrix, target(matrix), rounds)
    return Case(text_of(booster), matrix, classes=classes)


def binary(matrix: Any) -> Any:
    return data.classes(matrix, 2)


def three(matrix: Any) -> Any:
    return data.classes(matrix, 3)


def regression(**parameters: Any) -> Maker:
    return lambda: of_numbers(data.signal, objective="regression", **parameters)


def objective(name: str, target: Callable[[Any], Any], **parameters: Any) -> Maker:
    return lambda: of_numbers(target, objective=name, **parameters)


def two_classes(**parameters: Any) -> Maker:
    return lambda: of_numbers(binary, classes=2, objective="binary", **parameters)


def three_classes(name: str = "multiclass", **parameters: Any) -> Maker:
    return lambda: of_numbers(three, 4, classes=3, objective=name, num_class=3, **parameters)


def ranking(name: str) -> Maker:
    def make() -> Case:
        matrix = data.numbers()
        booster = train({"objective": name, "objective_seed": 5}, matrix,
                        np.minimum(data.classes(matrix, 4), 3), group=GROUPS)
        return Case(text_of(booster), matrix)
    return make


def custom(columns: int = 1) -> Case:
    """An objective of the user's own: the file has none, so the answer is raw."""
    matrix = data.numbers()
    target = data.signal(matrix) if columns == 1 else three(matrix)

    def gradients(scores: Any, dataset: Any) -> Any:
        label = dataset.get_label()
        if columns == 1:
            return scores - label, np.ones_like(scores)
        wanted = np.eye(columns)[label.astype(int)]
        by_class = scores if scores.ndim == 2 else scores.reshape(columns, -1).T
        gradient = by_class - wanted
        flat = gradient if scores.ndim == 2 else gradient.T.ravel()
        return flat, np.ones_like(flat)

    parameters: Parameters = {"num_class": columns} if columns > 1 else {}
    if VERSION >= (4, 0, 0):
        booster = train({**parameters, "objective": gradients}, matrix, target)
    else:
        booster = train({**parameters, "objective": "none"}, matrix, target, fobj=gradients)
    return Case(text_of(booster), matrix)


def early_stop(multiclass: bool) -> Case:
    """save_model writes the trees up to the best iteration only."""
    matrix = data.numbers()
    target = three(matrix) if multiclass else data.signal(matrix)
    target[250:] = np.random.RandomState(9).permutation(target[250:])
    target[:80] = np.random.RandomState(10).permutation(target[:80])
    half = len(matrix) // 2
    parameters: Parameters = {**BASE, "objective": "multiclass", "num_class": 3} if multiclass else {
        **BASE, "objective": "regression"}
    train_set = lgb.Dataset(matrix[:half], target[:half], params=BASE)
    valid_set = train_set.create_valid(matrix[half:], target[half:])
    booster = lgb.train({**parameters, "learning_rate": 0.1}, train_set, 90, valid_sets=[valid_set],
                        keep_training_booster=True,
                        callbacks=[lgb.early_stopping(10, verbose=False)])
    best, last = booster.best_iteration, booster.current_iteration()
    assert 1 < best < last, f"{best} of {last} iterations"
    return Case(text_of(booster), matrix, classes=3 if multiclass else 0)


def of_codes(high: int = 12, name: str = "regression", classes: int = 0, **parameters: Any) -> Case:
    """Category codes, as numbers."""
    matrix = data.codes(high=high)
    target = data.code_signal(matrix)
    if classes:
        target = np.searchsorted(np.quantile(target, np.arange(1, classes) / classes), target)
    booster = train({"objective": name, "min_data_per_group": 5, "cat_smooth": 1, **parameters},
                    matrix, target, categories=[1, 2])
    return Case(text_of(booster), matrix, classes=classes, categories=(1, 2))


def of_frame(words: dict[str, list[Any]], *, ordered: tuple[str, ...] = (), name: str = "regression",
             classes: int = 0, holes: bool = True, integers: str = "", **parameters: Any) -> Case:
    """A pandas table with category columns."""
    table = data.frame(words, ordered=ordered, holes=holes)
    if integers:
        table[integers] = np.random.RandomState(3).randint(0, 6, len(table))
    target = data.frame_signal(table)
    if classes:
        target = (target > np.median(target)).astype(int)
    booster = train({"objective": name, "min_data_per_group": 5, "cat_smooth": 1, **parameters},
                    table, target)
    return Case(text_of(booster), table, classes=classes)


STRINGS: list[Any] = ["red", "green", "blue", "dark blue", "Grün", "a=b:c", "8"]
NUMBERS: list[Any] = [3, 1, 20, -4, 1000000]
FLOATS: list[Any] = [70.0, 0.1, -2.5, 1e-7, 1e16]
FLAGS: list[Any] = [False, True]


def whole_frame() -> Case:
    return of_frame({"colour": STRINGS, "number": NUMBERS, "real": FLOATS, "flag": FLAGS})


def linear(target: Callable[[Any], Any], classes: int = 0, **parameters: Any) -> Maker:
    def make() -> Case:
        matrix = data.numbers()
        matrix[:, 5] /= 1e6
        booster = train({"linear_tree": True, **parameters}, matrix, target(matrix), 4)
        return Case(text_of(booster), matrix, classes=classes)
    return make


def linear_codes() -> Case:
    return of_codes(linear_tree=True)


def named() -> Case:
    """Names that hold what the file's own syntax is made of."""
    matrix = data.numbers()
    table = pd.DataFrame(matrix, columns=["a=b", "Tree=0", "größe", "end", "feature_infos=", "x.y"])
    booster = train({"objective": "regression"}, table, data.signal(matrix))
    return Case(text_of(booster), matrix)


def wide() -> Case:
    """Most features are never used; some have one value only."""
    matrix = np.random.RandomState(12).randn(data.ROWS, 60)
    matrix[:, 10:20] = 4.0
    booster = train({"objective": "binary"}, matrix, (matrix[:, 3] + matrix[:, 50] > 0).astype(int), 3)
    return Case(text_of(booster), matrix, classes=2)


def lone_leaves() -> Case:
    """No split is worth it: trees of one leaf."""
    matrix = data.numbers()
    booster = train({"objective": "regression", "min_data_in_leaf": 400}, matrix, data.signal(matrix))
    return Case(text_of(booster), matrix)


def rare_class() -> Case:
    """A class that never occurs has constant trees."""
    matrix = data.numbers()
    booster = train({"objective": "multiclass", "num_class": 4}, matrix, three(matrix), 3)
    return Case(text_of(booster), matrix, classes=4)


def part(first: int, count: int) -> Case:
    matrix = data.numbers()
    booster = train({"objective": "regression"}, matrix, data.signal(matrix), 8)
    return Case(booster.model_to_string(num_iteration=count, start_iteration=first), matrix)


def continued() -> Case:
    matrix = data.numbers()
    target = data.signal(matrix)
    first = train({"objective": "regression"}, matrix, target, 3)
    booster = train({"objective": "regression", "learning_rate": 0.1}, matrix, target, 3,
                    init_model=first)
    return Case(text_of(booster), matrix)


def refitted() -> Case:
    matrix = data.numbers()
    booster = train({"objective": "binary"}, matrix, binary(matrix))
    other = data.numbers(seed=21)
    return Case(text_of(booster.refit(other, binary(other))), matrix, classes=2)


def set_leaves() -> Case:
    """Leaf values that need all 17 digits, and extreme ones."""
    matrix = data.numbers()
    booster = train({"objective": "regression"}, matrix, data.signal(matrix), 3)
    for leaf, value in enumerate((1 / 3, -5e-324, 1.7976931348623157e308, 2.2250738585072014e-308)):
        booster.set_leaf_output(1, leaf, value)
    return Case(text_of(booster), matrix)


def windows() -> Case:
    case = of_numbers(data.signal, objective="regression")
    return Case(case.text.replace("\n", "\r\n"), case.table, asked=case.text)


def saved() -> Case:
    """What save_model writes, instead of model_to_string."""
    matrix = data.numbers()
    booster = train({"objective": "binary"}, matrix, binary(matrix))
    return Case(text_of(booster, to_file=True), matrix, classes=2)


def sk_classifier() -> Case:
    matrix = data.numbers()
    words = np.array(["cat", "dog", "emu"])[three(matrix).astype(int)]
    model = lgb.LGBMClassifier(n_estimators=4, **BASE).fit(matrix, words)
    return Case(text_of(model.booster_), matrix, classes=3)


def sk_regressor() -> Case:
    matrix = data.numbers()
    model = lgb.LGBMRegressor(n_estimators=4, **BASE).fit(matrix, data.signal(matrix))
    return Case(text_of(model.booster_), matrix)


def sk_ranker() -> Case:
    matrix = data.numbers()
    model = lgb.LGBMRanker(n_estimators=4, **BASE).fit(matrix, data.classes(matrix, 4), group=GROUPS)
    return Case(text_of(model.booster_), matrix)


def sidecar_labels() -> Case:
    """The class names are not in the file; a document beside it has them."""
    case = sk_classifier()
    return Case(case.text, case.table, classes=3, labels=["cat", "dog", "emu"])


def sidecar_first() -> Case:
    case = of_numbers(data.signal, 8, objective="regression")
    return Case(case.text, case.table, iterations=3)


def sidecar_first_rf() -> Case:
    """A forest's mean is that of the trees that are used."""
    case = of_numbers(binary, 6, classes=2, objective="binary", **RF)
    return Case(case.text, case.table, classes=2, iterations=2)


OLD_RF: Parameters = {**RF, "min_data_in_leaf": 10}

NEWEST: dict[str, Maker] = {
    "regression": regression(),
    "regression_sqrt": lambda: of_numbers(data.signal, objective="regression", reg_sqrt=True),
    "regression_l1": objective("regression_l1", data.signal),
    "regression_l1_sqrt": objective("regression_l1", data.signal, reg_sqrt=True),
    "huber": objective("huber", data.signal),
    "fair": objective("fair", data.signal),
    "poisson": objective("poisson", data.counts),
    "quantile": objective("quantile", data.signal, alpha=0.8),
    "mape": objective("mape", data.positive),
    "gamma": objective("gamma", data.positive),
    "tweedie": objective("tweedie", data.counts, tweedie_variance_power=1.3),
    "binary": two_classes(),
    "binary_sigmoid": two_classes(sigmoid=1.35),
    "binary_sigmoid_small": two_classes(sigmoid=0.0123457),
    "binary_unbalance": two_classes(is_unbalance=True),
    "binary_weighted": two_classes(scale_pos_weight=3.5),
    "binary_not_from_average": two_classes(boost_from_average=False),
    "multiclass": three_classes(),
    "multiclass_not_from_average": three_classes(boost_from_average=False),
    "multiclass_rare": rare_class,
    "multiclassova": three_classes("multiclassova"),
    "multiclassova_sigmoid": three_classes("multiclassova", sigmoid=0.7),
    "cross_entropy": objective("cross_entropy", data.share),
    "cross_entropy_lambda": objective("cross_entropy_lambda", data.share),
    "lambdarank": ranking("lambdarank"),
    "rank_xendcg": ranking("rank_xendcg"),
    "custom": custom,
    "custom_three": lambda: custom(3),
    "regression_not_from_average": regression(boost_from_average=False),
    "dart": regression(boosting="dart", drop_rate=0.5, rounds=8),
    "dart_binary": two_classes(boosting="dart", drop_rate=0.5, rounds=8),
    "dart_multiclass": three_classes(boosting="dart", drop_rate=0.5),
    "rf": regression(**RF),
    "rf_binary": two_classes(**RF),
    "rf_multiclass": three_classes(**RF),
    "rf_poisson": objective("poisson", data.counts, **RF),
    "goss": two_classes(data_sample_strategy="goss", top_rate=0.3, other_rate=0.2),
    "bagging": regression(bagging_freq=1, bagging_fraction=0.5),
    "quantized_gradients": regression(use_quantized_grad=True),
    "no_missing": regression(use_missing=False),
    "zero_as_missing": regression(zero_as_missing=True),
    "zero_as_missing_binary": two_classes(zero_as_missing=True),
    "never_missing": regression(missing=False),
    "small_bins": regression(max_bin=4),
    "stumps": regression(num_leaves=2, rounds=10),
    "deep": regression(num_leaves=40, min_data_in_leaf=2, rounds=2),
    "monotone": regression(monotone_constraints=[1, -1, 0, 1, 0, 0]),
    "extra_trees": regression(extra_trees=True),
    "path_smooth": regression(path_smooth=2.0),
    "linear_tree": linear(data.signal, objective="regression", linear_lambda=0.01),
    "linear_tree_binary": linear(binary, 2, objective="binary", linear_lambda=0.1),
    "linear_tree_multiclass": linear(three, 3, objective="multiclass", num_class=3,
                                     linear_lambda=0.1),
    "linear_tree_codes": linear_codes,
    "codes": of_codes,
    "codes_many": lambda: of_codes(high=90),
    "codes_one_hot": lambda: of_codes(high=4, max_cat_to_onehot=8),
    "codes_no_missing": lambda: of_codes(use_missing=False),
    "codes_zero_as_missing": lambda: of_codes(zero_as_missing=True),
    "codes_binary": lambda: of_codes(name="binary", classes=2),
    "codes_multiclass": lambda: of_codes(name="multiclass", classes=3, num_class=3),
    "pandas_strings": lambda: of_frame({"colour": STRINGS}),
    "pandas_integers": lambda: of_frame({"number": NUMBERS}),
    "pandas_floats": lambda: of_frame({"real": FLOATS}),
    "pandas_booleans": lambda: of_frame({"flag": FLAGS}),
    "pandas_all": whole_frame,
    "pandas_binary": lambda: of_frame({"colour": STRINGS, "number": NUMBERS}, name="binary",
                                      classes=2),
    "pandas_ordered": lambda: of_frame({"colour": STRINGS, "size": ["S", "M", "L", "XL"]},
                                       ordered=("size",)),
    "pandas_single": lambda: of_frame({"only": ["one"], "colour": STRINGS}, holes=False),
    "pandas_many": lambda: of_frame({"place": [f"place {number}" for number in range(50)]}),
    "pandas_integers_beside": lambda: of_frame({"colour": STRINGS}, integers="whole"),
    "early_stopping": lambda: early_stop(False),
    "early_stopping_multiclass": lambda: early_stop(True),
    "names": named,
    "wide": wide,
    "lone_leaves": lone_leaves,
    "first_iterations": lambda: part(0, 3),
    "middle_iterations": lambda: part(2, 4),
    "continued": continued,
    "refitted": refitted,
    "leaf_values": set_leaves,
    "windows": windows,
    "saved": saved,
    "sklearn_classifier": sk_classifier,
    "sklearn_regressor": sk_regressor,
    "sklearn_ranker": sk_ranker,
    "sidecar_labels": sidecar_labels,
    "sidecar_iterations": sidecar_first,
    "sidecar_iterations_rf": sidecar_first_rf,
}

CASES: dict[str, dict[str, Maker]] = {
    "4.7.0": NEWEST,
    "3.3.5": {
        "v3_regression": regression(),
        "v3_binary": two_classes(),
        "v3_multiclass": three_classes(),
        "v3_linear_tree": linear(data.signal, objective="regression", linear_lambda=0.01),
        "v3_rf_binary": two_classes(**RF),
        "v3_codes": of_codes,
        "v3_pandas": whole_frame,
        "v3_custom": custom,
    },
    "2.3.1": {
        "v3_old_regression": regression(),
        "v3_old_codes": of_codes,
        "v3_old_rf_multiclass": three_classes(**OLD_RF),
        "v3_old_pandas": whole_frame,
    },
    "2.2.3": {
        "v2_rf": regression(**OLD_RF),
        "v2_rf_binary": two_classes(**OLD_RF),
        "v2_rf_multiclass": three_classes(**OLD_RF),
        "v2_pandas": whole_frame,
        "v2_poisson": objective("poisson", data.counts),
    },
    "2.2.0": {
        "v2_binary": two_classes(),
        "v2_multiclass": three_classes(),
        "v2_codes": of_codes,
        "v2_zero_as_missing": regression(zero_as_missing=True),
        "v2_dart": regression(boosting="dart", drop_rate=0.5),
        "v2_rf_not_converted": two_classes(**OLD_RF),
        "v2_rf_not_converted_multiclass": three_classes(**OLD_RF),
        "v2_rf_not_converted_regression": regression(**OLD_RF),
        "v2_custom": custom,
    },
}


def main() -> int:
    folder, environment, wanted = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if environment != lgb.__version__:
        print(f"this is LightGBM {lgb.__version__}, not {environment}", file=sys.stderr)
        return 2
    for name, make in CASES[environment].items():
        if not wanted or name in wanted:
            write(folder / name, make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
