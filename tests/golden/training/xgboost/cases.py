"""Golden cases of XGBoost, for one release of it (ENV): python -m xgboost.cases OUTPUT ENV [CASE...]

Writes OUTPUT/CASE/{model.json or model.ubj, expected.json, maybe a sidecar model document}. Rows are
doubles as a request has them. Margins are what that release's own Booster gives for them; values,
probabilities and labels are what its predict gives, or what its scikit-learn wrapper makes of that.
"""

import json
import pathlib
import sys

# In this order: the second one hands the package's name over to the trainer.
from xgboost.golden_data import FEATURES, ROWS, features, target  # isort: skip
from xgboost.golden_answers import (  # isort: skip
    BASE,
    VERSION,
    WORK,
    answers,
    expected,
    files,
    fit,
    matrix,
    model_of,
    outputs,
    rows_for,
    sidecar,
    simple,
    wrapped,
    write,
)

import numpy as np
import xgboost as xgb

CASES = {}


def case(name, *environments):
    """Registers a function that returns (files, expected) under NAME-ENV for each environment."""

    def register(function):
        for environment in environments:
            CASES[f"{name}-{environment}", environment] = function
        return function

    return register


# Objectives ----------------------------------------------------------------------------------------

OBJECTIVES = {
    "reg:squarederror": "real",
    "reg:squaredlogerror": "positive",
    "reg:pseudohubererror": "real",
    "reg:absoluteerror": "real",
    "reg:quantileerror": "real",
    "reg:expectileerror": "real",
    "reg:logistic": "unit",
    "reg:gamma": "positive",
    "reg:tweedie": "positive",
    "count:poisson": "count",
    "survival:cox": "positive",
    "survival:aft": "positive",
    "binary:logistic": "two",
    "binary:logitraw": "two",
    "binary:hinge": "two",
    "multi:softmax": "four",
    "multi:softprob": "four",
    "rank:pairwise": "grade",
    "rank:ndcg": "grade",
    "rank:map": "two",
}
PARAMETERS = {
    "reg:quantileerror": {"quantile_alpha": 0.7},
    "reg:expectileerror": {"expectile_alpha": 0.7},
    "reg:tweedie": {"tweedie_variance_power": 1.3},
    "survival:aft": {"aft_loss_distribution": "logistic", "aft_loss_distribution_scale": 1.1},
    "multi:softmax": {"num_class": 4},
    "multi:softprob": {"num_class": 4},
}
# Where the first release with an objective is one of ours; all others are as old as the format.
SINCE = {
    "reg:pseudohubererror": "1.3",
    "survival:aft": "1.3",
    "reg:absoluteerror": "1.7",
    "reg:quantileerror": "2.1",
    "reg:expectileerror": "3.3",
}
ENVIRONMENTS = "1.0 1.3 1.4 1.7 2.1 3.0 3.1 3.2 3.3 3.4".split()
WHOLE = ["1.7", "2.1", "3.4"]  # these have every objective that they know
SOME = {
    "1.0": ["reg:squarederror", "reg:logistic", "reg:tweedie", "binary:logistic", "binary:logitraw", "multi:softprob"],
    "1.3": ["count:poisson", "survival:aft", "binary:logitraw", "binary:hinge", "multi:softmax"],
    "1.4": ["binary:logitraw", "reg:gamma", "rank:pairwise", "survival:cox"],
    "3.0": ["binary:logistic", "multi:softprob", "reg:gamma", "reg:quantileerror"],
    "3.1": ["binary:logistic", "multi:softprob", "multi:softmax", "count:poisson", "survival:aft"],
    "3.2": ["binary:logistic", "binary:logitraw", "multi:softprob", "reg:tweedie", "rank:ndcg"],
    "3.3": ["binary:logistic", "multi:softmax", "reg:expectileerror"],
}


def objective_case(objective, environment):
    def run():
        return simple(objective, OBJECTIVES[objective], PARAMETERS.get(objective))

    CASES[f"{objective.replace(':', '-')}-{environment}", environment] = run


for environment_ in ENVIRONMENTS:
    for objective_ in OBJECTIVES:
        known = ENVIRONMENTS.index(environment_) >= ENVIRONMENTS.index(SINCE.get(objective_, "1.0"))
        if known and (environment_ in WHOLE or objective_ in SOME[environment_]):
            objective_case(objective_, environment_)


# Base scores -----------------------------------------------------------------------------------------


def base_case(objective, kind, base, environment, more=None):
    def run():
        return simple(objective, kind, {"base_score": base, **PARAMETERS.get(objective, {}), **(more or {})}, 2)

    CASES[f"base-{objective.replace(':', '-')}-{environment}", environment] = run


for objective_, kind_, base_ in [
    ("reg:squarederror", "real", 0.125),
    ("binary:logistic", "two", 0.25),
    ("binary:logitraw", "two", 0.25),
    ("count:poisson", "count", 2.5),
]:
    base_case(objective_, kind_, base_, "1.0")
for objective_, kind_, base_ in [
    ("binary:logistic", "two", 0.1),
    ("binary:logitraw", "two", 0.1),
    ("binary:hinge", "two", 0.1),
    ("multi:softprob", "four", 0.7),
    ("reg:tweedie", "positive", 0.3),
    ("survival:aft", "positive", 3.7),
    ("rank:pairwise", "grade", 0.3),
]:
    base_case(objective_, kind_, base_, "1.3")
for environment_ in ("1.7", "2.1", "3.4"):
    for objective_, kind_, base_ in [
        ("reg:squarederror", "real", -3.14159274),
        ("reg:gamma", "positive", 0.337),
        ("survival:cox", "positive", 0.9),
        ("binary:logistic", "two", 0.0123),
        ("binary:logitraw", "two", 0.77),
    ]:
        base_case(objective_, kind_, base_, environment_)


@case("base-clamped", "3.2", "3.4")
def base_clamped():
    """All labels are alike: the estimated base score is 1, which the loader clamps."""
    x = features()
    booster = fit({"objective": "binary:logistic"}, matrix(x, label=np.ones(ROWS)), 2)
    rows = rows_for(booster, x)
    return files(booster), expected(rows, answers("binary:logistic", booster, matrix(rows)))


@case("base-vector", "3.1", "3.4")
def base_vector():
    return simple("multi:softprob", "four", {"num_class": 4, "base_score": [0.1, -0.7, 0.33333334, 2e-8]})


@case("base-estimated", "2.1", "3.1")
def base_estimated():
    return simple("reg:squarederror", "real", {"max_depth": 2}, 1)


# Boosters ----------------------------------------------------------------------------------------------


@case("linear", "1.0", "1.7", "2.1", "3.2", "3.4")
def linear():
    params = {"booster": "gblinear", "updater": "coord_descent", "lambda": 0.1}
    return simple("binary:logistic", "two", params)


@case("linear-classes", "1.7", "2.1", "3.1")
def linear_classes():
    params = {"booster": "gblinear", "updater": "coord_descent", "num_class": 4, "base_score": 0.3}
    return simple("multi:softprob", "four", params)


@case("linear-poisson", "2.1")
def linear_poisson():
    return simple("count:poisson", "count", {"booster": "gblinear", "updater": "shotgun", "base_score": 1.7})


def dart_case(sample, normalize, environment, objective="reg:squarederror", kind="real", more=None):
    def run():
        params = {
            "booster": "dart",
            "sample_type": sample,
            "normalize_type": normalize,
            "rate_drop": 0.5,
            "one_drop": 1,
            **(more or {}),
        }
        return simple(objective, kind, params, 8)

    CASES[f"dart-{sample}-{normalize}-{kind}-{environment}", environment] = run


for sample_, normalize_ in [("uniform", "tree"), ("weighted", "tree"), ("uniform", "forest"), ("weighted", "forest")]:
    dart_case(sample_, normalize_, "2.1")
    dart_case(sample_, normalize_, "3.4")
for environment_ in ("1.0", "1.3", "1.7", "3.2", "3.3"):
    dart_case("uniform", "tree", environment_, "multi:softprob", "four", {"num_class": 4})
    dart_case("weighted", "forest", environment_, "binary:logistic", "two")


@case("forest", "1.0", "1.3", "1.7", "2.1")
def forest():
    params = {"num_parallel_tree": 4, "subsample": 0.6, "eta": 1, "num_class": 4}
    return simple("multi:softprob", "four", params, 1)


@case("boosted-forests", "1.4", "2.1")
def boosted_forests():
    return simple("binary:logistic", "two", {"num_parallel_tree": 3, "subsample": 0.6}, 3)


@case("pruned", "1.0", "1.7", "2.1", "3.4")
def pruned():
    """The exact method grows first and prunes then: deleted nodes lie in the arrays."""
    made = simple("reg:squarederror", "real", {"tree_method": "exact", "gamma": 60, "max_depth": 5, "eta": 0.3}, 3, "json")
    trees = json.loads(made[0]["model.json"])["learner"]["gradient_booster"]["model"]["trees"]
    assert any(2147483647 in tree["split_indices"] for tree in trees)
    return made


@case("stumps-and-leaves", "1.7", "3.4")
def lone_leaves():
    """Trees that are a lone leaf."""
    return simple("reg:squarederror", "real", {"gamma": 1e9}, 3)


@case("deep", "2.1")
def deep():
    return simple("reg:squarederror", "real", {"max_depth": 9, "min_child_weight": 0, "eta": 0.9}, 3)


@case("leaf-wise", "2.1")
def leaf_wise():
    params = {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 12, "max_depth": 0}
    return simple("reg:pseudohubererror", "real", params, 3)


# Iterations ----------------------------------------------------------------------------------------------


def stopped(parallel=1):
    x = features()
    y = target("four", x)
    noise = np.random.RandomState(5).permutation(y)
    params = {"num_class": 4, "objective": "multi:softprob", "eta": 1, "num_parallel_tree": parallel}
    watch = matrix(x[::-1], label=np.where(np.arange(ROWS) % 2, y[::-1], noise))
    booster = fit(params, matrix(x, label=y), 12, evals=[(watch, "watch")], early_stopping_rounds=3, verbose_eval=False)
    booster.parallel = parallel
    return booster, x


@case("early-stopped", "1.0", "1.4", "1.7", "2.1", "3.1", "3.4")
def early_stopped():
    booster, x = stopped()
    rows = rows_for(booster, x)
    best = int(booster.attr("best_iteration")) + 1
    answer = answers("multi:softprob", booster, matrix(rows), best)
    assert answer != answers("multi:softprob", booster, matrix(rows))
    return files(booster), expected(rows, answer)


@case("early-stopped-forests", "1.0", "1.7", "3.4")
def early_stopped_forests():
    booster, x = stopped(2)
    rows = rows_for(booster, x)
    best = int(booster.attr("best_iteration")) + 1
    return files(booster), expected(rows, answers("multi:softprob", booster, matrix(rows), best))


@case("early-stopped-all", "1.7", "3.4")
def early_stopped_all():
    booster, x = stopped()
    rows = rows_for(booster, x)
    answer = answers("multi:softprob", booster, matrix(rows))
    return {**files(booster), **sidecar({"iterations": "all"})}, expected(rows, answer)


@case("first-iterations", "1.7", "2.1", "3.4")
def first_iterations():
    booster, x = stopped(2)
    rows = rows_for(booster, x)
    answer = answers("multi:softprob", booster, matrix(rows), 2)
    return {**files(booster), **sidecar({"iterations": 2})}, expected(rows, answer)


@case("dart-first-iterations", "2.1", "3.4")
def dart_first():
    x = features()
    params = {"booster": "dart", "rate_drop": 0.5, "one_drop": 1, "objective": "binary:logistic"}
    booster = fit(params, matrix(x, label=target("two", x)), 6)
    rows = rows_for(booster, x)
    answer = answers("binary:logistic", booster, matrix(rows), 4)
    return {**files(booster), **sidecar({"iterations": 4})}, expected(rows, answer)


# Missing values, zeros, infinities ------------------------------------------------------------------------


@case("zero-is-missing", "1.7", "2.1", "3.4")
def zero_missing():
    """Trained on a sparse matrix, whose zeros XGBoost takes for missing."""
    from scipy.sparse import csr_matrix

    x = np.nan_to_num(features(), nan=0)
    booster = fit({"objective": "binary:logistic"}, xgb.DMatrix(csr_matrix(x), label=target("two", x), nthread=1))
    rows = np.nan_to_num(rows_for(booster, x), nan=0, posinf=9, neginf=9)
    answer = answers("binary:logistic", booster, xgb.DMatrix(csr_matrix(rows), nthread=1))
    assert answer != answers("binary:logistic", booster, matrix(rows))
    return {**files(booster), **sidecar({"missing": 0})}, expected(rows, answer)


@case("number-is-missing", "1.7", "3.4")
def number_missing():
    x = np.nan_to_num(features(), nan=-999)
    booster = fit({"objective": "reg:squarederror"}, matrix(x, missing=-999, label=target("real", features())))
    rows = np.nan_to_num(rows_for(booster, x), nan=-999)
    answer = answers("reg:squarederror", booster, matrix(rows, missing=-999))
    return {**files(booster), **sidecar({"missing": -999})}, expected(rows, answer)


@case("linear-zero-is-missing", "2.1")
def linear_zero():
    x = features()
    params = {"booster": "gblinear", "updater": "coord_descent", "objective": "reg:squarederror"}
    booster = fit(params, matrix(np.nan_to_num(x), missing=0.0, label=target("real", x)))
    rows = np.nan_to_num(rows_for(booster, x))
    answer = answers("reg:squarederror", booster, matrix(rows, missing=0.0))
    return {**files(booster), **sidecar({"missing": 0})}, expected(rows, answer)


@case("infinities", "1.7", "2.1", "3.4")
def infinities():
    x = features()
    booster = fit({"objective": "binary:logistic"}, matrix(x, label=target("two", x)))
    rows = rows_for(booster, x)
    random = np.random.RandomState(9)
    for row in rows:
        row[random.randint(FEATURES)] = np.inf if random.uniform() < 0.5 else -np.inf
    margin = booster.inplace_predict(rows, predict_type="margin")
    value = booster.inplace_predict(rows)
    return files(booster), expected(rows, outputs("binary:logistic", margin, value))


@case("infinite-thresholds", "2.1")
def infinite_thresholds():
    """Trained with infinities where the release accepts them (missing=inf makes them missing)."""
    x = features()
    x[::7, 2] = np.inf
    booster = fit({"objective": "reg:squarederror"}, matrix(x, missing=np.inf, label=target("real", features())))
    rows = rows_for(booster, features())
    rows[::3, 2] = np.inf
    rows[np.isnan(rows)] = 0
    answer = answers("reg:squarederror", booster, matrix(rows, missing=np.inf))
    return {**files(booster), **sidecar({"missing": "Infinity"})}, expected(rows, answer)


# Categories ------------------------------------------------------------------------------------------------


def categorical(one_hot):
    x = np.nan_to_num(features(), nan=0)
    random = np.random.RandomState(11)
    x[:, 1] = random.randint(0, 6, ROWS)
    x[:, 3] = random.randint(0, 70, ROWS)
    y = x[:, 0] + np.array([0, 3, -1, 2, -4, 1])[x[:, 1].astype(int)] + np.sin(x[:, 3] * 2.3) * 3
    x[::9, 3] = np.nan
    types = ["q", "c", "q", "c", "q"]
    params = {"tree_method": "hist", "max_cat_to_onehot": 100 if one_hot else 2, "objective": "reg:squarederror"}
    data = matrix(x, label=y, feature_types=types, enable_categorical=True)
    booster = fit(params, data, 4)
    rows = rows_for(booster, x, 12, 6)
    rows[12:18, 1] = [0, 5, 1, np.nan, 3, 2]
    rows[12:18, 3] = [69, 0, 31, 32, 33, np.nan]
    rows[18:, 1] = np.nan_to_num(np.abs(np.floor(rows[18:, 1]))) % 6
    rows[18:, 3] = np.abs(np.nan_to_num(np.floor(rows[18:, 3]))) % 70
    answer = answers("reg:squarederror", booster, matrix(rows, feature_types=types, enable_categorical=True))
    return files(booster), expected(rows, answer)


@case("categories-one-hot", "1.7", "2.1", "3.0", "3.4")
def categories_one_hot():
    return categorical(True)


@case("categories-sets", "1.7", "2.1", "3.1", "3.4")
def categories_sets():
    return categorical(False)


@case("categories-unseen-codes", "2.1")
def unseen_codes():
    """Codes beyond those of the training, fractions, negative ones: the left child, never the default."""
    made, told = categorical(False)
    booster = xgb.Booster(params={"nthread": 1}, model_file=str(WORK / "model.ubj"))
    rows = np.array([[np.nan if v is None else v for v in row] for row in told["rows"]], float)
    rows[:, 1] = np.resize([6, 31, 32, 500, 16777215, 2.75, 0.0], len(rows))
    rows[:, 3] = np.resize([70, 95, 96, 64.5, 1000, 12345], len(rows))
    answer = outputs(
        "reg:squarederror", booster.inplace_predict(rows, predict_type="margin"), booster.inplace_predict(rows)
    )
    return made, expected(rows, answer)


def frame_case(words, lost=False):
    """Words of a data frame. lost: where words are not ASCII the release cuts them, and a request has
    codes."""

    def run():
        import pandas as pd

        x = features()
        random = np.random.RandomState(13)
        codes = random.randint(0, len(words), ROWS)
        deck = pd.Categorical.from_codes(np.where(np.arange(ROWS) % 8 == 0, -1, codes), words)
        table = pd.DataFrame({"size": x[:, 0], "deck": deck, "price in €": x[:, 4]})
        y = x[:, 0] + np.cos(codes * 2.0) * 4
        params = {"tree_method": "hist", "max_cat_to_onehot": 2, "objective": "reg:squarederror"}
        booster = fit(params, xgb.DMatrix(table, label=y, enable_categorical=True, nthread=1))
        some = table.iloc[:24]
        answer = answers("reg:squarederror", booster, xgb.DMatrix(some, enable_categorical=True, nthread=1))
        rows = []
        for size, word, price in some.itertuples(index=False):
            word = None if pd.isna(word) else words.index(word) if lost else word
            rows.append([size, word, price])
        return files(booster), expected(rows, answer)

    return run


for environment_ in ("3.1", "3.2", "3.3", "3.4"):
    CASES[f"category-words-{environment_}", environment_] = frame_case(["b", "A", "a longer word", "4", "6.0", ""])
    CASES[f"category-numbers-{environment_}", environment_] = frame_case([30, 10, 20, -5])
    CASES[f"category-letters-{environment_}", environment_] = frame_case(
        ["größer", "é", "日本", "x"], environment_ != "3.4"
    )


# Several targets --------------------------------------------------------------------------------------------


@case("targets", "1.7", "2.1", "3.1", "3.4")
def targets():
    return simple("reg:squarederror", "targets", {"tree_method": "hist"}, 3)


@case("vector-leaves", "2.1", "3.0", "3.1", "3.2", "3.3", "3.4")
def vector_leaves():
    return simple("reg:squarederror", "targets", {"tree_method": "hist", "multi_strategy": "multi_output_tree"}, 3)


@case("vector-leaves-json", "2.1", "3.2")
def vector_leaves_json():
    params = {"tree_method": "hist", "multi_strategy": "multi_output_tree", "base_score": 0.75}
    return simple("reg:squarederror", "targets", params, 3, "json")


@case("vector-leaves-classes", "2.1", "3.4")
def vector_leaves_classes():
    params = {"tree_method": "hist", "multi_strategy": "multi_output_tree", "num_class": 4, "num_parallel_tree": 2}
    return simple("multi:softprob", "four", params, 3)


case("labels", "1.7", "2.1", "3.1")(lambda: simple("binary:logistic", "labels", {"tree_method": "hist"}, 3))
case("wrapper-words", "1.3", "1.4")(lambda: wrapped("multi:softprob", "four", ["setosa", "virginica", "7", "versicolor"]))
case("wrapper-numbers", "1.0", "1.4")(lambda: wrapped("binary:logistic", "two", [-3, 10]))


@case("vector-leaves-labels", "2.1", "3.2")
def vector_leaves_labels():
    return simple("binary:logistic", "labels", {"tree_method": "hist", "multi_strategy": "multi_output_tree"}, 3)


@case("quantiles", "2.1", "3.1", "3.3", "3.4")
def quantiles():
    params = {"quantile_alpha": [0.05, 0.5, 0.52, 0.95], "tree_method": "hist", "eta": 1, "max_depth": 4}
    return simple("reg:quantileerror", "real", params, 3)


@case("expectiles", "3.3", "3.4")
def expectiles():
    return simple("reg:expectileerror", "real", {"expectile_alpha": [0.1, 0.5, 0.9], "tree_method": "hist"}, 3)


@case("two-classes", "2.1")
def two_classes():
    return simple("multi:softprob", "two", {"num_class": 2})


# The file itself -------------------------------------------------------------------------------------------


@case("json", "2.1", "3.4")
def as_json():
    return simple("binary:logistic", "two", suffix="json")


@case("ubjson", "1.7", "3.0")
def as_ubjson():
    return simple("binary:logistic", "two", suffix="ubj")


@case("names", "1.4", "1.7", "2.1", "3.4")
def names():
    x = features()
    known = {"feature_names": ["größe", 'a "quoted" name', "x y", "back\\slash", "日本"], "feature_types": ["q", "int", "float", "float", "q"]}
    booster = fit({"objective": "binary:logistic"}, matrix(x, label=target("two", x), **known))
    rows = rows_for(booster, x)
    return files(booster), expected(rows, answers("binary:logistic", booster, matrix(rows, **known)))


@case("snapshot", "1.7", "3.4")
def snapshot():
    """What pickle and R's saveRDS hold: the model beside its configuration."""
    x = features()
    booster = fit({"objective": "count:poisson"}, matrix(x, label=target("count", x)), 2)
    rows = rows_for(booster, x)
    raw = bytes(booster.__getstate__()["handle"])
    return {"model.bin": raw}, expected(rows, answers("count:poisson", booster, matrix(rows)))


@case("snapshot-json", "2.1")
def snapshot_json():
    x = features()
    booster = fit({"objective": "count:poisson"}, matrix(x, label=target("count", x)), 2)
    rows = rows_for(booster, x)
    whole = {"Config": json.loads(booster.save_config()), "Model": model_of(booster)}
    return {"model.json": json.dumps(whole).encode()}, expected(rows, answers("count:poisson", booster, matrix(rows)))


@case("indented", "2.1")
def indented():
    """Re-written by another program: members in another order, spaces, exponents, doubles' digits."""
    made, told = simple("reg:gamma", "positive", suffix="json")
    tree = json.loads(made["model.json"])
    learner = dict(reversed(tree["learner"].items()))
    return {"model.json": json.dumps({"version": tree["version"], "learner": learner}, indent=1).encode()}, told


@case("custom-objective", "1.7", "3.4")
def custom_objective():
    """The file of a custom objective says reg:squarederror; the sidecar names the link."""
    x = features()
    y = target("two", x)

    def gradient(margin, data):
        p = 1 / (1 + np.exp(-margin))
        return p - data.get_label(), p * (1 - p)

    booster = xgb.train({**BASE, "base_score": 0.5}, matrix(x, label=y), 4, obj=gradient)
    rows = rows_for(booster, x)
    margin = booster.predict(matrix(rows), output_margin=True)
    value = (np.float32(1) / (np.exp(-margin) + np.float32(1))).astype(np.float32)
    return {**files(booster), **sidecar({"link": "logistic"})}, expected(rows, outputs("binary:logistic", margin, value))


@case("continued", "2.1")
def continued():
    x = features()
    data = matrix(x, label=target("count", x))
    booster = fit({"objective": "count:poisson"}, data, 2, xgb_model=fit({"objective": "count:poisson"}, data, 2))
    rows = rows_for(booster, x)
    return files(booster), expected(rows, answers("count:poisson", booster, matrix(rows)))


@case("sliced", "1.7", "3.4")
def sliced():
    x = features()
    params = {"objective": "multi:softprob", "num_class": 4}
    booster = fit(params, matrix(x, label=target("four", x)), 6)[1:5:2]
    rows = rows_for(booster, x)
    return files(booster), expected(rows, answers("multi:softprob", booster, matrix(rows)))


def main():
    output, environment, *wanted = sys.argv[1:]
    for (name, where), function in CASES.items():
        if where == environment and (not wanted or name in wanted):
            print(name, flush=True)
            write(pathlib.Path(output) / name, *function())


if __name__ == "__main__":
    main()
