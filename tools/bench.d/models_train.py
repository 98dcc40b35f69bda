"""Trains the models of tools/bench models.

usage: models_train.py DIRECTORY ENVIRONMENT SCALE [CASE...]

Writes DIRECTORY/CASE/: omen/ (what omen loads), rows.f64 (encoded rows for omen), rows.npy (or
rows.joblib, a table with words) and one file for each other system. ENVIRONMENT is the one this
runs in: XGBoost's models are written by an old release, so that old and new ones read them. SCALE
divides the numbers of trees, rows and vectors, for tests.
"""

import json
import os
import sys

try:
    import numpy as np
except ImportError:  # who only asks for CASES has no need of it
    np = None

FEATURES = 30
ROWS = 4096
TRAINING_ROWS = 20000
SEED = 7


def data(rows, classes=2, seed=SEED):
    """Clusters of two kinds on a curved border: trees grow deep, machines keep vectors."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, FEATURES))
    score = (np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] - 0.3 * x[:, 4] ** 2
             + 0.2 * x[:, 5:12].sum(axis=1) + random.normal(size=rows) * 0.5)
    edges = np.quantile(score, np.arange(1, classes) / classes)
    return x.astype(np.float32).astype(np.float64), np.searchsorted(edges, score)


def write_rows(directory, rows):
    os.makedirs(os.path.join(directory, "omen"), exist_ok=True)
    rows.astype("<f8").tofile(os.path.join(directory, "rows.f64"))
    np.save(os.path.join(directory, "rows.npy"), rows)


def convert_onnx(directory, make):
    """What ONNX Runtime gets; a model that does not convert goes without."""
    try:
        from skl2onnx.common.data_types import FloatTensorType

        model = make([("x", FloatTensorType([None, FEATURES]))])
        with open(os.path.join(directory, "model.onnx"), "wb") as file:
            file.write(model.SerializeToString())
    except Exception as error:  # a converter may fail in any way
        print(f"no ONNX: {error}", file=sys.stderr)


def xgboost_case(directory, scale, depth):
    import xgboost

    x, y = data(TRAINING_ROWS // scale)
    model = xgboost.train({"objective": "binary:logistic", "max_depth": depth, "eta": 0.1,
                           "tree_method": "hist", "nthread": 2, "min_child_weight": 0},
                          xgboost.DMatrix(x, y), num_boost_round=max(500 // scale, 1))
    write_rows(directory, data(ROWS, seed=SEED + 1)[0])
    model.save_model(os.path.join(directory, "omen", "model.ubj"))
    model.save_model(os.path.join(directory, "model.json"))


def xgboost_onnx(directory):
    """In the current environment: the same model for ONNX Runtime."""
    def make(types):
        import onnxmltools
        import xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        model = xgboost.XGBClassifier()
        model.load_model(os.path.join(directory, "model.json"))
        return onnxmltools.convert_xgboost(
            model, initial_types=[("x", FloatTensorType(types[0][1].shape))], target_opset=15)

    convert_onnx(directory, make)


def lightgbm_case(directory, scale, trees):
    import lightgbm
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    x, y = data(TRAINING_ROWS // scale)
    model = lightgbm.train({"objective": "binary", "num_leaves": 31, "num_threads": 2,
                            "verbosity": -1, "learning_rate": 0.05},
                           lightgbm.Dataset(x, y), num_boost_round=max(trees // scale, 1))
    write_rows(directory, data(ROWS, seed=SEED + 1)[0])
    model.save_model(os.path.join(directory, "omen", "model.txt"))
    convert_onnx(directory, lambda types: onnxmltools.convert_lightgbm(
        model, initial_types=[("x", FloatTensorType(types[0][1].shape))], zipmap=False,
        target_opset=15))


def export_estimator(directory, model, rows, fitted_on):
    """The estimator for scikit-learn, its document for omen, its ONNX for ONNX Runtime."""
    import joblib
    from export_sklearn import export, save

    joblib.dump(model, os.path.join(directory, "model.joblib"))
    save(export(model, fitted_on), os.path.join(directory, "omen", "model.json"))


def sklearn_case(directory, model, classes=2, training=TRAINING_ROWS):
    import skl2onnx

    x, y = data(training, classes)
    model.fit(x, y)
    rows = data(ROWS, seed=SEED + 1)[0]
    write_rows(directory, rows)
    export_estimator(directory, model, rows, x[:100])
    convert_onnx(directory, lambda types: skl2onnx.to_onnx(
        model, x[:1].astype(np.float32), target_opset=15, options={id(model): {"zipmap": False}}))


def forest_case(directory, scale):
    from sklearn.ensemble import RandomForestClassifier

    sklearn_case(directory, RandomForestClassifier(max(300 // scale, 1), random_state=0, n_jobs=2),
                 training=TRAINING_ROWS // scale)


def logistic_case(directory, scale):
    from sklearn.linear_model import LogisticRegression

    sklearn_case(directory, LogisticRegression(), training=TRAINING_ROWS // scale)


def network_case(directory, scale):
    from sklearn.neural_network import MLPClassifier

    sklearn_case(directory, MLPClassifier((64, 128, 64), max_iter=5, random_state=0),
                 training=TRAINING_ROWS // scale)


def machine_case(directory, scale):
    """About 500 support vectors."""
    from sklearn.svm import SVC

    sklearn_case(directory, SVC(gamma=0.03), training=900 // scale)


def words_case(directory, scale):
    """Numbers are imputed and scaled, words become columns: a table of two kinds."""
    import joblib
    import pandas
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    def table(rows, seed):
        x, y = data(rows, seed=seed)
        frame = pandas.DataFrame({f"n{i}": x[:, i] for i in range(8)})
        for i in range(4):
            words = np.array([f"w{k}" for k in range(5 + 5 * i)], dtype=object)
            frame[f"c{i}"] = words[(np.abs(x[:, 8 + i]) * 97).astype(int) % len(words)]
        return frame, y

    frame, y = table(TRAINING_ROWS // scale, SEED)
    numbers, words = [f"n{i}" for i in range(8)], [f"c{i}" for i in range(4)]
    model = make_pipeline(
        ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
                           ("c", OneHotEncoder(handle_unknown="ignore"), words)]),
        LogisticRegression(max_iter=500))
    model.fit(frame, y)
    rows, _ = table(ROWS, SEED + 1)
    os.makedirs(os.path.join(directory, "omen"), exist_ok=True)
    export_estimator(directory, model, rows, frame.head(200))
    joblib.dump(rows, os.path.join(directory, "rows.joblib"))
    with open(os.path.join(directory, "omen", "model.json"), encoding="utf-8") as file:
        inputs = json.load(file)["inputs"]
    encoded = np.column_stack([
        rows[field["name"]].map({word: i for i, word in enumerate(field["values"])})
        if "values" in field else rows[field["name"]] for field in inputs]).astype("<f8")
    encoded.tofile(os.path.join(directory, "rows.f64"))
    types = [(name, FloatTensorType([None, 1])) for name in numbers]
    types += [(name, StringTensorType([None, 1])) for name in words]
    convert_onnx(directory, lambda _: skl2onnx.convert_sklearn(
        model, initial_types=types, target_opset=15, options={id(model): {"zipmap": False}}))


CASES = {
    "xgboost-500x6": ("xgboost1", lambda to, scale: xgboost_case(to, scale, 6)),
    "xgboost-500x8": ("xgboost1", lambda to, scale: xgboost_case(to, scale, 8)),
    "lightgbm-100x31": ("current", lambda to, scale: lightgbm_case(to, scale, 100)),
    "lightgbm-1000x31": ("current", lambda to, scale: lightgbm_case(to, scale, 1000)),
    "forest-300": ("current", forest_case),
    "logistic-30": ("current", logistic_case),
    "mlp-64-128-64": ("current", network_case),
    "svc-500": ("current", machine_case),
    "words": ("current", words_case),
}


def main(directory, environment, scale, *wanted):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    for name, (where, train) in CASES.items():
        target = os.path.join(directory, name)
        if name in wanted and where == environment:
            os.makedirs(target, exist_ok=True)
            train(target, int(scale))
        elif name in wanted and where == "xgboost1" and environment == "current":
            xgboost_onnx(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
