"""Small model documents whose answers a reader can work out, for tests of all around them."""

import json
import os
import random
import shutil


def write(path, document):
    """Writes a document so that it appears at once: a scan never sees half of it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.part")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(document if isinstance(document, str) else json.dumps(document))
    os.rename(temporary, path)


def put_version(models, name, version, document):
    """MODELS/NAME/VERSION/model.json, complete when it appears."""
    place = os.path.join(models, name, str(version))
    if os.path.isdir(place):
        write(os.path.join(place, "model.json"), document)
        return
    new = os.path.join(models, f".{name}.{version}.new")
    shutil.rmtree(new, ignore_errors=True)
    write(os.path.join(new, "model.json"), document)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.rename(new, place)


def constant(value, features=2):
    """Answers `value`, whatever the input."""
    return {
        "format": "omen/1",
        "inputs": [{"name": f"x{i}"} for i in range(features)],
        "model": {"op": "linear_regression", "coef_": [0] * features, "intercept_": value},
        "golden": {"rows": [{"in": [1] * features, "out": {"value": value}}]},
    }


def total(scale=1.0):
    """(a + 10 b + 100 c) times scale."""
    return {
        "format": "omen/1",
        "inputs": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "model": {
            "op": "linear_regression",
            "coef_": [scale, 10 * scale, 100 * scale],
            "intercept_": 0,
        },
        "golden": {"rows": [{"in": [1, 2, 3], "out": {"value": 321 * scale}}]},
    }


def flower():
    """Three classes by one feature of four: class k scores -(x[2] - 2 k)^2, made linear in x."""
    return {
        "format": "omen/1",
        "inputs": [{"name": name} for name in ("sl", "sw", "pl", "pw")],
        "model": {
            "op": "logistic_regression",
            "coef_": [[0, 0, 0, 0], [0, 0, 4, 0], [0, 0, 8, 0]],
            "intercept_": [0, -4, -16],
        },
        "golden": {"rows": [{"in": [5.1, 3.5, 0.4, 0.2], "out": {"label": 0}}]},
    }


def passenger():
    """Words and numbers with each policy. score = age/100 + (sex=female) + 2 (deck=8) - 0.5."""
    return {
        "format": "omen/1",
        "inputs": [
            {"name": "age", "min": 0, "max": 120, "on_missing": {"replace": 30}},
            {"name": "sex", "type": "category", "values": ["female", "male"]},
            {
                "name": "deck",
                "type": "category",
                "values": ["7", "8"],
                "required": False,
                "on_missing": "zero",
                "on_unknown": "zero",
            },
            {"name": "fare", "min": 0, "max": 10, "on_out_of_range": "clip", "required": False,
             "on_missing": "zero"},
        ],
        "steps": [
            {
                "op": "one_hot_encoder",
                "columns": ["sex", "deck"],
                "categories_": [["female", "male"], ["7", "8"]],
                "handle_unknown": "ignore",
            }
        ],
        "model": {
            "op": "logistic_regression",
            "coef_": [[0.01, 1, 0, 0, 2, 0.001]],
            "intercept_": [-0.5],
        },
        "outputs": {"labels": ["no", "yes"]},
    }


def wide(width, layers, seed=1):
    """A perceptron whose only point is to cost time: width^2 * (layers - 1) products."""
    rng = random.Random(seed)

    def matrix(rows, cols):
        scale = (2.0 / rows) ** 0.5
        return [[round(rng.gauss(0, scale), 6) for _ in range(cols)] for _ in range(rows)]

    sizes = [4] + [width] * layers + [1]
    return {
        "format": "omen/1",
        "inputs": [{"name": f"x{i}"} for i in range(4)],
        "model": {
            "op": "mlp_regressor",
            "coefs_": [matrix(rows, cols) for rows, cols in zip(sizes, sizes[1:])],
            "intercepts_": [[0.0] * cols for cols in sizes[1:]],
            "activation": "relu",
        },
    }


def half_plus_two():
    """TensorFlow Serving's example: x / 2 + 2."""
    return {
        "format": "omen/1",
        "inputs": [{"name": "x"}],
        "model": {"op": "linear_regression", "coef_": [0.5], "intercept_": 2},
        "golden": {"rows": [{"in": [1], "out": {"value": 2.5}}]},
    }


def sum_model(width=4):
    """MLServer's example: the sum of what it is given."""
    return {
        "format": "omen/1",
        "inputs": [{"name": f"x{i}"} for i in range(width)],
        "model": {"op": "linear_regression", "coef_": [1] * width, "intercept_": 0},
        "golden": {"rows": [{"in": [1] * width, "out": {"value": width}}]},
    }


def reader():
    """A free text and a word: 1 for each time the text says "good", and the word's own value. Its
    labels are words, of an output whose name ends in _bytes."""
    return {
        "format": "omen/1",
        "inputs": [
            {"name": "text", "type": "text"},
            {"name": "shop", "type": "category", "values": ["north", "süd"]},
        ],
        "steps": [
            {
                "op": "count_vectorizer",
                "columns": ["text"],
                "vocabulary_": ["good", "bad"],
            },
            {"op": "one_hot_encoder", "columns": ["shop"], "categories_": [["north", "süd"]]},
        ],
        "model": {
            "op": "logistic_regression",
            "coef_": [[4, -4, 0, 1]],
            "intercept_": [-1],
        },
        "outputs": {"labels": ["bad", "gut ü"], "names": {"label": "label_bytes"}},
    }
