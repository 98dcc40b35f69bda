"""The JSON Schema of the model document: valid itself, true to the samples, and strict."""

import copy
import json
import pathlib

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "src" / "formats" / "omen-model.schema.json").read_text())
SAMPLES = sorted(
    list((ROOT / "tests" / "golden" / "exported").glob("*/model.json"))
    + list((ROOT / "tests" / "fuzz" / "corpus" / "fuzz_document").glob("good-*.json"))
)
MANUAL = ROOT / "src" / "formats" / "omen-model.5.scd"
OPERATORS = ROOT / "src" / "graph" / "ops"

WHOLE = {
    "format": "omen/1",
    "name": "passengers",
    "source": {"trainer": "by hand"},
    "inputs": [
        {"name": "age", "min": 0, "max": 120, "on_missing": {"replace": 30}},
        {
            "name": "deck",
            "type": "category",
            "values": ["b", 8],
            "required": False,
            "on_missing": "zero",
            "on_unknown": "zero",
        },
    ],
    "steps": [
        {"op": "one_hot_encoder", "columns": ["deck"], "categories_": [["b", "8"]]},
        {
            "op": "column_transformer",
            "transformers": [{"columns": ["age"], "steps": [{"op": "standard_scaler"}]}],
        },
    ],
    "model": {"op": "logistic_regression", "coef_": [[1]], "intercept_": ["NaN"]},
    "outputs": {"labels": ["died", "lived"], "threshold": 0.5, "names": {"label": "fate"}},
    "golden": {"rows": [{"in": {"age": 3}, "out": {"fate": "died", "probability": [0.5, 0.5]}}]},
    "baseline": {
        "rows": 2,
        "features": {"age": {"edges": [0, 1], "counts": [2]}, "deck": {"counts": {"b": 2}}},
    },
}


def validator():
    return jsonschema.Draft202012Validator(SCHEMA)


def change(path, value):
    """WHOLE with the value at `path` replaced, or removed if value is ...."""
    document = copy.deepcopy(WHOLE)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


BROKEN = [
    (["format"], ...),
    (["format"], "omen/2"),
    (["inputs"], ...),
    (["inputs"], []),
    (["surprise"], 1),
    (["name"], 7),
    (["source", "trainer"], 7),
    (["inputs", 0, "name"], ...),
    (["inputs", 0, "name"], ""),
    (["inputs", 0, "typ"], "number"),
    (["inputs", 0, "type"], "word"),
    (["inputs", 0, "min"], "0"),
    (["inputs", 0, "values"], ["a"]),
    (["inputs", 0, "on_missing"], "clip"),
    (["inputs", 0, "on_missing"], {"replac": 1}),
    (["inputs", 0, "on_unknown"], "zero"),
    (["inputs", 1, "values"], ...),
    (["inputs", 1, "values"], []),
    (["inputs", 1, "values"], [None]),
    (["inputs", 1, "min"], 1),
    (["inputs", 1, "required"], "no"),
    (["steps"], {}),
    (["steps", 0, "op"], ...),
    (["steps", 0, "op"], "oracle"),
    (["steps", 0, "categories_"], ...),
    (["steps", 0, "categorie_"], []),
    (["steps", 0, "columns"], "deck"),
    (["steps", 1, "transformers", 0, "columns"], ...),
    (["steps", 1, "transformers", 0, "steps", 0, "mean"], [1]),
    (["model"], []),
    (["model", "coef_"], ...),
    (["model", "coef_"], [["x"]]),
    (["model", "coef_"], [[]]),
    (["model", "intercept_"], 0),
    (["model", "multi_class"], "multi"),
    (["outputs", "labels"], ["a", "a"]),
    (["outputs", "threshold"], 1.5),
    (["outputs", "round"], 16),
    (["outputs", "names"], {"labels": "x"}),
    (["golden", "rows", 0, "in"], ...),
    (["golden", "rows", 0, "in"], {"age": []}),
    (["golden", "rows", 0, "out"], {}),
    (["golden", "rtol"], -1),
    (["baseline", "features", "age", "edges"], [1]),
    (["baseline", "features", "age", "counts"], [-1]),
    (["baseline", "features", "deck", "median"], 1),
]


def test_the_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_whole_document_is_valid():
    validator().validate(WHOLE)


def test_there_are_samples():
    assert len(SAMPLES) >= 3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples_are_valid(path):
    validator().validate(json.loads(path.read_text()))


@pytest.mark.parametrize("path, value", BROKEN, ids=lambda part: json.dumps(part, default=str))
def test_mistakes_are_found(path, value):
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(change(path, value))


def test_a_document_needs_steps_or_a_model():
    document = change(["steps"], ...)
    validator().validate(document)
    del document["model"]
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(document)


def operators():
    names = set()
    for path in OPERATORS.glob("*.c"):
        for line in path.read_text().splitlines():
            if line.strip().startswith('.name = "'):
                names.add(line.split('"')[1])
    assert names
    return names


def test_every_operator_is_in_the_schema():
    assert operators() - set(SCHEMA["$defs"]["ops"]) == set()


def test_every_operator_is_in_the_manual():
    text = MANUAL.read_text()
    assert {name for name in operators() if f"*{name}*" not in text} == set()


def test_the_manuals_example_is_valid():
    example = MANUAL.read_text().split("```")[1]
    validator().validate(json.loads(example))
