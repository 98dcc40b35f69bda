"""tools/export-sklearn: what it writes loads and answers as the estimator does; what it cannot
export it names; files appear whole or not at all."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
import sys

import joblib
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from sklearn import datasets, linear_model, preprocessing
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.model_selection import RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import LinearSVC

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "export-sklearn"
SCHEMA = ROOT / "src" / "formats" / "omen-model.schema.json"
sys.path.insert(0, str(ROOT / "tools"))

from export_sklearn import Refused, export, save  # noqa: E402  (the path comes first)
from export_sklearn.document import is_missing, number, word  # noqa: E402
from export_sklearn.walk import Walk  # noqa: E402

IRIS = datasets.load_iris()
WINE = datasets.load_wine()
CANCER = datasets.load_breast_cancer()
DIABETES = datasets.load_diabetes(scaled=False)
BINARY = (IRIS.target > 0).astype(int)


def words_table():
    """An array of words and numbers with missing values, as one has it without pandas."""
    generator = np.random.default_rng(3)
    table = np.empty((len(WINE.data), 4), dtype=object)
    table[:, 0] = WINE.data[:, 0]
    table[:, 1] = np.array(["dark", "pale", "ruby", "rosé"], dtype=object)[
        np.searchsorted(np.quantile(WINE.data[:, 9], [0.5, 0.8, 0.97]), WINE.data[:, 9])
    ]
    table[:, 2] = np.array(["1", "2", "10"], dtype=object)[
        np.searchsorted(np.quantile(WINE.data[:, 1], [0.4, 0.9]), WINE.data[:, 1])
    ]
    table[:, 3] = WINE.data[:, 12]
    table[generator.random(len(table)) < 0.1, 0] = np.nan
    table[generator.random(len(table)) < 0.1, 1] = np.nan
    return table


WORDS = words_table()


def program():
    """test_golden of OMEN_BUILD, or of the usual build directories."""
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        path = ROOT / place / "tests" / "golden" / "test_golden"
        if path.exists():
            return path
    raise FileNotFoundError(f"no test_golden in {places}; build first or set OMEN_BUILD")


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def expected_of(estimator, X):
    walk = Walk([f"x{index}" for index in range(X.shape[1])])
    model = walk.document(estimator, X)[1]
    answers = walk.answers(estimator, model is not None)
    outputs = {}
    for name, values in answers.of(X).items():
        if name == "label":
            outputs[name] = [answers.classes[int(value)] for value in values]
        else:
            outputs[name] = [
                number(value) if values.ndim == 1 else [number(cell) for cell in value]
                for value in values
            ]
    return outputs


def check_agrees(folder, estimator, X, floors=(), tolerance=1e-12):
    """The document answers all rows as the estimator does, golden rows included."""
    document = export(estimator, X, name="case")
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    save(document, folder / "exported" / "case" / "model.json")
    put(folder / "data" / "set.json", [[word(cell) for cell in row] for row in X.tolist()])
    put(
        folder / "exported" / "case" / "expected.json",
        {
            "data": "set",
            "tolerance": tolerance,
            "floors": {name: "column" for name in floors},
            "outputs": expected_of(estimator, X),
        },
    )
    done = subprocess.run(
        [program(), folder, "exported"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok 1 - case\n" in done.stdout
    return document


def table_of(encoder, **options):
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    return ColumnTransformer([("n", numbers, [0, 3]), ("w", encoder, [1, 2])], **options)


CLASSIFIERS = {
    "binary": (linear_model.LogisticRegression(max_iter=500), IRIS.data, BINARY),
    "ovr": (linear_model.LogisticRegression(solver="liblinear", C=0.5), CANCER.data, CANCER.target),
    "sgd": (
        make_pipeline(StandardScaler(), linear_model.SGDClassifier(loss="log_loss")),
        WINE.data,
        WINE.target,
    ),
    "hinge": (linear_model.SGDClassifier(random_state=1), IRIS.data, IRIS.target),
    "passive": (
        linear_model.PassiveAggressiveClassifier(random_state=1), IRIS.data, IRIS.target,
    ),
    "svc": (LinearSVC(random_state=1, dual=False), IRIS.data, BINARY),
    "lda": (LinearDiscriminantAnalysis(), WINE.data, WINE.target),
    "qda": (QuadraticDiscriminantAnalysis(), IRIS.data, BINARY),
    "bayes": (GaussianNB(), WINE.data, WINE.target_names[WINE.target]),
    "network": (
        make_pipeline(
            StandardScaler(), MLPClassifier((5,), activation="tanh", random_state=1, max_iter=50)
        ),
        IRIS.data,
        BINARY,
    ),
    "search": (
        RandomizedSearchCV(
            Pipeline([("s", StandardScaler()), ("m", linear_model.RidgeClassifier())]),
            {"m__alpha": [0.1, 1.0]},
            n_iter=2,
            cv=3,
            random_state=1,
        ),
        WINE.data,
        WINE.target,
    ),
    "selected": (
        make_pipeline(
            FeatureUnion([("best", SelectKBest(k=2)), ("axes", PCA(2, whiten=True))]),
            VarianceThreshold(),
            linear_model.Perceptron(random_state=1),
        ),
        IRIS.data,
        IRIS.target,
    ),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name, tmp_path):
    estimator, X, y = CLASSIFIERS[name]
    check_agrees(tmp_path, estimator.fit(X, y), X, floors=["score"])


@pytest.mark.parametrize("options", [{"multi_class": "multinomial"}, {"multi_class": "ovr"}])
@pytest.mark.parametrize("target", [BINARY, IRIS.target], ids=["two", "three"])
def test_multi_class(options, target, tmp_path):
    """Up to 1.7 the way to probabilities is an option; two classes may be a softmax of -s and s."""
    try:
        estimator = linear_model.LogisticRegression(max_iter=500, **options)
    except TypeError:
        estimator = linear_model.LogisticRegression(max_iter=500)
    check_agrees(tmp_path, estimator.fit(IRIS.data, target), IRIS.data, floors=["score"])


REGRESSORS = {
    "linear": linear_model.LinearRegression(),
    "bayesian": linear_model.BayesianRidge(),
    "ard": linear_model.ARDRegression(threshold_lambda=1.0),
    "poisson": make_pipeline(StandardScaler(), linear_model.PoissonRegressor()),
    "inverse-power": make_pipeline(StandardScaler(), linear_model.TweedieRegressor(power=1.9)),
    "network": make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=(6, 3), random_state=1, max_iter=50)
    ),
    "svd": make_pipeline(TruncatedSVD(4), linear_model.HuberRegressor(max_iter=1000)),
}


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors(name, tmp_path):
    estimator = REGRESSORS[name].fit(DIABETES.data, DIABETES.target)
    document = check_agrees(tmp_path, estimator, DIABETES.data, floors=["value"])
    assert document["task"] == "regression"
    assert len(document["baseline"]["prediction"]["counts"]) == 10


ENCODERS = {
    "ignore": OneHotEncoder(handle_unknown="ignore"),
    "drop": OneHotEncoder(drop="first", handle_unknown="ignore"),
    "infrequent": OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist"),
    "infrequent-drop": OneHotEncoder(max_categories=3, drop="first"),
    "ordinal": OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    ),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_words(name, tmp_path):
    pipeline = make_pipeline(table_of(ENCODERS[name]), linear_model.LogisticRegression())
    document = check_agrees(tmp_path, pipeline.fit(WORDS, WINE.target), WORDS, floors=["score"])
    number_field, colour, grade = document["inputs"][:3]
    assert number_field == {"name": "x0", "required": False, "on_missing": "nan"}
    assert colour["values"] == ["dark", "pale", "rosé", "ruby"]
    assert grade["values"] == ["1", "10", "2"]
    tolerant = name != "infrequent-drop"
    assert ("on_unknown" in colour) == tolerant
    assert ("on_missing" in grade) == (name in ("ignore", "drop", "infrequent", "ordinal"))
    given = [row["in"] for row in document["golden"]["rows"]]
    assert any(None in row for row in given)
    assert any("unknown" in row for row in given) == tolerant


def test_a_model_that_knows_no_missing_values_rejects_them(tmp_path):
    estimator = make_pipeline(StandardScaler(), linear_model.LogisticRegression())
    document = export(estimator.fit(IRIS.data, IRIS.target), IRIS.data, limits=True)
    assert document["inputs"][0] == {"name": "x0", "min": 4.3, "max": 7.9}
    assert save(document, tmp_path / "model.json") is None


def test_none_is_a_missing_value_where_the_estimator_says_so(tmp_path):
    """Encoders count None as a category, OrdinalEncoder with a code; imputers leave it."""
    table = WORDS[:, 1:3].copy()
    table[[cell != cell for cell in table[:, 0]], 0] = None
    options = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    for name, encoder in (("hot", OneHotEncoder()), ("code", OrdinalEncoder(**options))):
        pipeline = make_pipeline(encoder, linear_model.LogisticRegression())
        check_agrees(tmp_path / name, pipeline.fit(table, WINE.target), table, floors=["score"])
    table[::9, 1] = None
    with pytest.raises(Refused, match="None as a category"):
        export(OrdinalEncoder(**options).fit(table), table)
    with pytest.raises(Refused, match="None in its data"):
        export(SimpleImputer(strategy="most_frequent").fit(table), table)


@pytest.mark.parametrize(
    "chosen, expected",
    [
        (slice(1, 3), ["x1", "x2"]),
        ([True, False, False, True], ["x0", "x3"]),
        ([-1, 0], ["x3", "x0"]),
        (lambda X: [2], ["x2"]),
    ],
)
def test_columns_in_every_form(chosen, expected, tmp_path):
    transformer = make_column_transformer((StandardScaler(), chosen), remainder="passthrough")
    document = check_agrees(tmp_path, transformer.fit(IRIS.data), IRIS.data, floors=["value"])
    assert document["steps"][0]["transformers"][0]["columns"] == expected


def test_transformers_inside_each_other(tmp_path):
    inner = ColumnTransformer(
        [("a", make_union(StandardScaler(), "passthrough"), [2, 0]), ("b", "drop", [1])],
        remainder=preprocessing.MaxAbsScaler(),
        transformer_weights={"a": 0.5},
    )
    outer = make_pipeline(
        preprocessing.PolynomialFeatures(2, include_bias=False),
        ColumnTransformer([("x", inner, [3, 4, 5, 0]), ("y", "passthrough", [3, 1])]),
        linear_model.Ridge(),
    )
    check_agrees(tmp_path, outer.fit(IRIS.data, IRIS.target), IRIS.data, floors=["value"])


def test_answers_without_meaning_are_refused():
    """The same columns twice, with coefficients of 1e14 that cancel; and such that nearly do."""
    estimator = make_pipeline(
        make_union("passthrough", "passthrough"), linear_model.LinearRegression()
    ).fit(IRIS.data, IRIS.target)
    estimator[-1].coef_ = np.array([1e14, 0, 0, 0, 1 - 1e14, 0, 0, 0])
    with pytest.raises(Refused, match="last bit of the inputs"):
        export(estimator, IRIS.data)
    estimator[-1].coef_ = np.array([1e7, 0, 0, 0, 1 - 1e7, 0, 0, 0])
    assert 1e-9 < export(estimator, IRIS.data)["golden"]["rtol"] <= 1e-6


def test_many_targets(tmp_path):
    targets = np.column_stack([DIABETES.target, -DIABETES.data[:, 0]])
    estimator = linear_model.Ridge().fit(DIABETES.data[:, 1:], targets)
    check_agrees(tmp_path, estimator, DIABETES.data[:, 1:], floors=["value"])


class OwnScaler(StandardScaler):
    """May compute anything."""


def fitted(estimator, X=IRIS.data, y=IRIS.target):
    return estimator.fit(X, y)


MANY_LABELS = np.column_stack([BINARY, IRIS.target == 2]).astype(int)

REFUSED = {
    "unknown": (lambda: fitted(LabelSpreading()), "LabelSpreading has no operator"),
    "place": (
        lambda: fitted(make_pipeline(KNNImputer(), linear_model.LogisticRegression(max_iter=999))),
        "knnimputer (KNNImputer): KNNImputer has no operator",
    ),
    "nested": (
        lambda: fitted(
            make_pipeline(
                ColumnTransformer([("a", make_pipeline(PCA(1), KNNImputer()), [0, 1])]),
                linear_model.LinearRegression(),
            )
        ),
        "columntransformer (ColumnTransformer) > a > knnimputer (KNNImputer): ",
    ),
    "subclass": (lambda: fitted(make_pipeline(OwnScaler())), "is not scikit-learn's own"),
    "lambda": (
        lambda: fitted(preprocessing.FunctionTransformer(lambda X: X * 2)),
        "the function <lambda>",
    ),
    "several labels": (
        lambda: fitted(MLPClassifier((2,), max_iter=3), y=MANY_LABELS),
        "MLPClassifier: several labels for one row (multi-label classification)",
    ),
    "ridge": (
        lambda: fitted(linear_model.RidgeClassifier(), y=MANY_LABELS),
        "RidgeClassifier: several labels for one row",
    ),
    "not fitted": (linear_model.LogisticRegression, "LogisticRegression: is not fitted"),
    "part not fitted": (lambda: make_pipeline(StandardScaler(), GaussianNB()), "is not fitted"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_part(name):
    make, sentence = REFUSED[name]
    with pytest.raises(Refused) as refused:
        export(make(), IRIS.data)
    assert sentence in str(refused.value)


def test_all_refusals_at_once():
    pipeline = make_pipeline(
        ColumnTransformer([("one", KNNImputer(), [0]), ("two", OwnScaler(), [1, 2])]),
        LabelSpreading(),
    )
    with pytest.raises(Refused) as refused:
        export(pipeline.fit(IRIS.data, IRIS.target), IRIS.data)
    assert len(refused.value.reasons) == 3, refused.value.reasons


def test_wrong_arguments():
    model = fitted(GaussianNB())
    for options, sentence in (
        ({"labels": ["a", "b"]}, "2 labels for 3 classes"),
        ({"names": ["a", "a", "b", "c"]}, "there twice"),
        ({"names": ["a"]}, "1 names for 4 columns"),
    ):
        with pytest.raises(Refused, match=sentence):
            export(model, IRIS.data, **options)
    with pytest.raises(Refused, match="the data that the estimator was trained on"):
        export(model, np.full((3, 4), np.nan))


def test_texts_and_labels():
    document = export(
        fitted(GaussianNB()),
        IRIS.data,
        name="iris",
        version="3",
        description="flowers",
        labels=IRIS.target_names,
        names=IRIS.feature_names,
        created="2026-01-01T00:00:00Z",
    )
    assert document["name"] == "iris" and document["version"] == "3"
    assert document["description"] == "flowers"
    assert document["outputs"]["labels"] == ["setosa", "versicolor", "virginica"]
    assert document["golden"]["rows"][0]["out"]["label"] == "setosa"
    assert document["inputs"][0]["name"] == "sepal length (cm)"
    described = document["baseline"]["features"]["petal width (cm)"]
    assert described["count"] == 150 and described["missing"] == 0
    assert sum(described["counts"]) == 150
    assert len(described["edges"]) == len(described["counts"]) + 1
    assert document["baseline"]["prediction"]["counts"]["setosa"] == 50


def test_numbers_and_words():
    assert [number(3.0), number(-0.5), number(1e300)] == [3, -0.5, 1e300]
    assert str(number(-0.0)) == "-0.0"
    assert [number(np.nan), number(-np.inf)] == ["NaN", "-Infinity"]
    cells = ["8", 8.0, np.True_, None, np.nan]
    assert [word(cell) for cell in cells] == ["8", 8, 1, None, None]
    assert is_missing(np.datetime64("NaT")) and not is_missing("NaN")


def write_csv(path, names, rows, target):
    lines = [",".join(names + ["class"])]
    lines += [
        ",".join(["" if is_missing(cell) else str(cell) for cell in row] + [str(answer)])
        for row, answer in zip(rows, target)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_tool(*arguments):
    return subprocess.run(
        [sys.executable, TOOL, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(name="shop")
def fixture_shop(tmp_path):
    """A trained pipeline and its data as files."""
    pipeline = make_pipeline(
        table_of(OneHotEncoder(handle_unknown="ignore")), linear_model.LogisticRegression()
    )
    joblib.dump(pipeline.fit(WORDS, WINE.target), tmp_path / "model.joblib")
    write_csv(tmp_path / "train.csv", ["alcohol", "hue", "grade", "proline"], WORDS, WINE.target)
    return tmp_path


def test_command(shop):
    output = shop / "models" / "wine" / "1" / "model.json"
    done = run_tool(
        shop / "model.joblib", "--data", shop / "train.csv", "--target", "class", "--words",
        "grade", "--name", "wine", "--version", "1", "--label", "first", "--label", "second",
        "--label", "third", "-o", output,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4 inputs, 1 steps, logistic_regression, 14 golden rows" in done.stdout
    assert os.listdir(output.parent) == ["model.json"]
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document == {
        **export(
            joblib.load(shop / "model.joblib"), WORDS, name="wine", version="1",
            names=["alcohol", "hue", "grade", "proline"], labels=["first", "second", "third"],
        ),
        "created": document["created"],
    }  # fmt: skip


def test_command_refuses(shop):
    joblib.dump(fitted(LabelSpreading()), shop / "spreading.joblib")
    (shop / "broken.joblib").write_bytes(b"nothing")
    data = ["--data", shop / "train.csv"]
    for arguments, sentence in (
        ([shop / "spreading.joblib", *data, "--target", "class"], "LabelSpreading has no operator"),
        ([shop / "broken.joblib", *data], "cannot be read"),
        ([shop / "model.joblib", *data, "--target", "price"], "has no column price"),
        ([shop / "model.joblib", "--data", shop / "gone.csv"], "gone.csv"),
    ):
        done = run_tool(*arguments, "-o", shop / "out" / "model.json")
        assert done.returncode == 1, done.stdout
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
        assert not (shop / "out").exists()


def test_command_wants_trust_and_arguments(shop):
    help_text = " ".join(run_tool("--help").stdout.split())
    assert "give only files that you trust" in help_text
    assert run_tool(shop / "model.joblib").returncode == 2


def test_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "model.json"
    old = os.umask(0o022)
    try:
        save({"format": "omen/1"}, path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        save({"format": "omen/2"}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"format": "omen/1"}
    assert os.listdir(path.parent) == ["model.json"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "golden" / "exported").glob("*/model.json")), ids=lambda p: p.parent.name
)
def test_trained_models_are_as_the_schema_says(path):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(path.read_text(encoding="utf-8")))


def test_samples_are_there():
    lines = (ROOT / "tests" / "golden" / "samples.txt").read_text(encoding="utf-8").splitlines()
    samples = [line.split() for line in lines if line and not line.startswith("#")]
    assert len(samples) >= 6
    for name, document in samples:
        assert (ROOT / "tests" / "golden" / "exported" / document).is_file(), name


def test_a_python_without_scikit_learn_is_told_so():
    command = ["/usr/bin/python3", "-S", str(ROOT / "tools" / "export-sklearn"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "has no numpy" in done.stderr and "Traceback" not in done.stderr
