"""The models that clients of the Open Inference Protocol bring their examples for."""

import json
import os
import pathlib
import sys

import documents

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

import onnx_models as onnx  # noqa: E402  (the path comes first)


def put_file(models, name, version, file_name, data):
    """MODELS/NAME/VERSION/FILE, complete when it appears."""
    new = os.path.join(models, f".{name}.{version}.new")
    os.makedirs(new)
    with open(os.path.join(new, file_name), "wb") as file:
        file.write(data)
    os.makedirs(os.path.join(models, name), exist_ok=True)
    os.rename(new, os.path.join(models, name, str(version)))


def sum_and_difference(kind, nodes):
    """INPUT0, INPUT1 of 16 -> OUTPUT0 their sum, OUTPUT1 their difference."""
    out_kind = onnx.FLOAT if kind == onnx.STRING else kind
    graph = onnx.graph(
        nodes,
        [onnx.value(name, kind, [None, 16]) for name in ("INPUT0", "INPUT1")],
        [onnx.value(name, out_kind, [None, 16]) for name in ("OUTPUT0", "OUTPUT1")],
    )
    return onnx.model(graph)


def simple():
    """Triton's example of two integer inputs."""
    return sum_and_difference(
        onnx.INT32,
        [
            onnx.node("Add", "INPUT0,INPUT1", "OUTPUT0"),
            onnx.node("Sub", "INPUT0,INPUT1", "OUTPUT1"),
        ],
    )


def simple_string():
    """The same of numbers written as words."""
    return sum_and_difference(
        onnx.STRING,
        [
            onnx.node("Cast", "INPUT0", "a", to=onnx.FLOAT),
            onnx.node("Cast", "INPUT1", "b", to=onnx.FLOAT),
            onnx.node("Add", "a,b", "OUTPUT0"),
            onnx.node("Sub", "a,b", "OUTPUT1"),
        ],
    )


def identity():
    """What goes in comes out: four numbers of float32."""
    graph = onnx.graph(
        [onnx.node("Identity", "INPUT0", "OUTPUT0")],
        [onnx.value("INPUT0", onnx.FLOAT, [None, 4])],
        [onnx.value("OUTPUT0", onnx.FLOAT, [None, 4])],
    )
    return onnx.model(graph)


def iris():
    """A forest that scikit-learn trained, and its own answers."""
    folder = ROOT / "tests" / "golden" / "exported" / "forest-iris"
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def coded():
    """Answers 100 * position of code + position of on."""
    codes = ["9007199254740993", "18446744073709551615", "7"]
    return {
        "format": "omen/1",
        "inputs": [{"name": "code", "type": "category", "values": codes},
                   {"name": "on", "type": "category", "values": ["false", "true"]}],
        "steps": [{"op": "ordinal_encoder", "categories_": [codes, ["false", "true"]]}],
        "model": {"op": "linear_regression", "coef_": [100, 1], "intercept_": 0},
    }


def whole():
    """A model of one number that has to be whole, and answers it."""
    return {
        "format": "omen/1",
        "inputs": [{"name": "n", "integer": True}],
        "model": {"op": "linear_regression", "coef_": [1], "intercept_": 0},
    }


def gaps():
    """a + 10 b, where b may be missing and is 5 then."""
    return {
        "format": "omen/1",
        "inputs": [{"name": "a"}, {"name": "b", "on_missing": {"replace": 5}}],
        "model": {"op": "linear_regression", "coef_": [1, 10], "intercept_": 0},
    }


def root():
    """The square root, which negative numbers do not have."""
    graph = onnx.graph([onnx.node("Sqrt", "x", "y")], [onnx.value("x", onnx.FLOAT, [None, 1])],
                       [onnx.value("y", onnx.FLOAT, [None, 1])])
    return onnx.model(graph)


def broken_words():
    """A class of two whose label is no UTF-8."""
    labels = onnx.block(1, "classlabels_strings") + onnx.block(9, b"good")
    labels += onnx.block(9, b"b\xffd") + onnx.number(20, 8)
    node = onnx.node("LinearClassifier", "X", "L,P", domain="ai.onnx.ml", post_transform="SOFTMAX",
                     coefficients=[1.0, 0.0, 0.0, 1.0], intercepts=[0.0, 0.0], multi_class=1)
    graph = onnx.graph(
        [node + onnx.block(5, labels)],
        [onnx.value("X", onnx.FLOAT, [None, 2])],
        [onnx.value("L", onnx.STRING, [None]), onnx.value("P", onnx.FLOAT, [None, 2])],
    )
    return onnx.model(graph)


def put_all(models):
    put_file(models, "simple", 1, "model.onnx", simple())
    put_file(models, "simple_string", 1, "model.onnx", simple_string())
    put_file(models, "identity", 1, "model.onnx", identity())
    put_file(models, "broken_words", 1, "model.onnx", broken_words())
    documents.put_version(models, "iris", 1, iris())
    put_file(models, "root", 1, "model.onnx", root())
    for name, document in (("total", documents.total()), ("flower", documents.flower()),
                           ("passenger", documents.passenger()), ("coded", coded()),
                           ("whole", whole()), ("gaps", gaps())):
        documents.put_version(models, name, 1, document)
    documents.put_version(models, "total", 2, documents.total(2))
