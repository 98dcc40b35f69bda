"""The document as a whole: inputs with their policies, steps and model, golden rows, baseline."""

from __future__ import annotations

import datetime
from typing import Any, Sequence

import numpy as np
import sklearn

from . import baseline
from .answers import Answers
from .document import Refused, number, word
from .table import Cell, Table, unknown_word
from .walk import Walk

GOLDEN_ROWS = 12
GOLDEN_RTOL, GOLDEN_ATOL = 1e-9, 1e-9
GOLDEN_RTOL_MAX = 1e-3  # beyond it an answer has hardly a digit that means anything


def export(estimator: Any, X: Any, *, name: str | None = None, version: str | None = None,
           description: str | None = None, labels: Sequence[Any] | None = None,
           targets: Sequence[str] | None = None, names: Sequence[str] | None = None,
           limits: bool = False, golden: int = GOLDEN_ROWS,
           created: str | None = None) -> dict[str, Any]:
    """A document of a fitted estimator, Pipeline or ColumnTransformer.

    X is the data it was trained on (a DataFrame or an array): names, categories, golden rows and
    the baseline come from there. `names` are the inputs' names where X has none. `labels` replaces
    the classes' names, in the order of classes_. `limits` makes the data's ranges those that
    requests must keep to. `created` is a date in ISO form (default: now).
    """
    table = Table(X, estimator, names)
    walk = Walk(table.names)
    try:
        steps, model = walk.document(estimator, table.data)
    except Refused as refused:
        raise Refused(dict.fromkeys(walk.refusals + refused.reasons)) from None
    if walk.refusals:
        raise Refused(walk.refusals)
    answers = walk.answers(estimator, model is not None)
    inputs = [_input(table, walk, answers, index, limits) for index in range(len(table.names))]
    document: dict[str, Any] = {"format": "omen/1"}
    for member, value in (("name", name), ("version", version), ("description", description)):
        if value is not None:
            document[member] = str(value)
    document["created"] = created or _now()
    document["task"] = _task(answers, model)
    document["source"] = {"trainer": f"scikit-learn {sklearn.__version__}",
                          "estimator": type(estimator).__name__}
    document["inputs"] = inputs
    if steps or model is None:
        document["steps"] = steps or [{"op": "passthrough"}]
    if model is not None:
        document["model"] = model
    outputs = _outputs(answers, labels, targets)
    if walk.threshold is not None:
        threshold, positive = walk.threshold
        outputs.update(threshold=number(threshold), positive=outputs["labels"][positive])
    if outputs:
        document["outputs"] = outputs
    document["golden"] = _golden(table, walk, inputs, answers, outputs, golden)
    document["baseline"] = _baseline(table, inputs, answers, outputs)
    return document


def _now() -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")


def _task(answers: Answers, model: dict | None) -> str:
    if model is None:
        return "transformation"
    return "classification" if "label" in answers.outputs else "regression"


def _input(table: Table, walk: Walk, answers: Answers, index: int, limits: bool) -> dict[str, Any]:
    """One field. What the estimator does with a missing value and with an unknown word, it is
    asked, so that no rule about its parts can be wrong."""
    field: dict[str, Any] = {"name": table.names[index]}
    if index in walk.texts:
        if index in walk.encoded or index in walk.computed:
            raise Refused([f"{table.names[index]}: texts that are also encoded as categories"])
        return {**field, "type": "text"}
    category = table.has_words[index] or (index in walk.encoded and index not in walk.computed)
    if category:
        field["type"] = "category"
        field["values"] = _values(table, walk, index)
        if _tolerates(table, answers, index, unknown_word(field["values"])):
            field["on_unknown"] = "zero"
    elif limits:
        known = [float(value) for value in table.columns[index] if word(value) is not None]
        if known:
            field["min"], field["max"] = number(min(known)), number(max(known))
    if _tolerates(table, answers, index, None):
        field["required"] = False
        field["on_missing"] = "nan"
    return field


def _values(table: Table, walk: Walk, index: int) -> list[Cell]:
    """The encoders' categories, else the data's: in ascending order, numbers before words."""
    cells = walk.words.get(index, []) if index not in walk.computed else []
    cells = [cell for cell in cells if cell is not None]
    if not cells:
        cells = [table.cell(row, index) for row in range(table.rows)]
        cells += walk.words.get(index, [])
    return sorted({cell for cell in cells if cell is not None},
                  key=lambda cell: (isinstance(cell, str), cell))


def _tolerates(table: Table, answers: Answers, index: int, cell: Cell) -> bool:
    """Whether there is an answer when this cell takes the place of a good row's."""
    row = list(table.row(_good_row(table, answers)))
    row[index] = cell
    return answers.accepts(table.build([row]))


def _good_row(table: Table, answers: Answers) -> int:
    """The first row that has an answer, one without missing values if possible."""
    found = getattr(table, "_good", None)
    if found is None:
        missing = np.column_stack([table.missing(index) for index in range(len(table.names))])
        order = np.argsort(missing.sum(axis=1), kind="stable")[:50]
        found = next((int(row) for row in order
                      if answers.accepts(table.build([table.row(int(row))]))), None)
        if found is None:
            raise Refused(["no answer to any of the training rows: is this the data that the "
                           "estimator was trained on?"])
        table._good = found  # type: ignore[attr-defined]
    return found


def _outputs(answers: Answers, labels: Sequence[Any] | None,
             targets: Sequence[str] | None) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    if answers.classes:
        names = answers.classes if labels is None else [word(label) for label in labels]
        if len(names) != len(answers.classes) or len(set(names)) < len(names):
            raise Refused([f"{len(set(names))} labels for {len(answers.classes)} classes"])
        outputs["labels"] = names
    elif labels is not None:
        raise Refused(["labels for a model that has no classes"])
    if targets is not None:
        outputs["targets"] = [str(target) for target in targets]
    return outputs


def _golden(table: Table, walk: Walk, inputs: list[dict], answers: Answers,
            outputs: dict[str, Any], count: int) -> dict[str, Any]:
    """Rows from all over the data, then one with a missing value and one with an unknown word
    for the first fields that allow it."""
    wanted = np.unique(np.linspace(0, table.rows - 1, min(count, table.rows)).astype(int))
    cells = [table.row(int(row)) for row in wanted]
    base = table.row(_good_row(table, answers))
    for index, field in enumerate(inputs):
        if field.get("on_missing") == "nan":
            cells.append(base[:index] + [None] + base[index + 1:])
            break
    for index, field in enumerate(inputs):
        if field.get("on_unknown") == "zero":
            cells.append(base[:index] + [unknown_word(field["values"])] + base[index + 1:])
            break
    rows = []
    for row in cells:
        if not _allowed(row, inputs) or not answers.accepts(table.build([row])):
            continue
        given = answers.of(table.build([row]))
        rows.append({"in": row, "out": {output: _answer(output, values[0], outputs)
                                        for output, values in given.items()}})
    return {"rtol": _golden_rtol(walk), "atol": GOLDEN_ATOL, "rows": rows}


def _golden_rtol(walk: Walk) -> float:
    """How well the model's answers are determined: another order of the same sums changes them
    about as much as another last bit of what comes into it. Mostly not at all, but coefficients
    of collinear columns may be huge and cancel."""
    outputs = [output for output in walk.outputs if output != "label"]
    if walk.final is None or not outputs or not walk.extra.smooth:
        return GOLDEN_RTOL
    estimator, data = walk.final
    answers = Answers(estimator, outputs, True, walk.extra)
    signs = np.where(np.arange(data.size).reshape(data.shape) % 2, 1.0, -1.0)
    try:
        worst = _distance(answers.of(data), answers.of(data * (1 + signs * 2**-51)))
    except ValueError:  # there are rows that the estimator refuses
        return GOLDEN_RTOL
    rtol = max(GOLDEN_RTOL, float(10 ** np.ceil(np.log10(8 * worst))) if worst else 0.0)
    if rtol > GOLDEN_RTOL_MAX:
        raise Refused([f"answers change by {worst:.2g} of themselves when the last bit of the "
                       f"inputs does: coefficients that cancel, of columns that say the same?"])
    return rtol


def _distance(these: dict[str, np.ndarray], those: dict[str, np.ndarray]) -> float:
    """The largest relative difference of answers that are not close to zero; labels apart."""
    worst = 0.0
    for output, values in these.items():
        if output != "label":
            size = np.abs(values)
            difference = np.abs(those[output] - values)[size > GOLDEN_ATOL]
            worst = max(worst, float(np.max(difference / size[size > GOLDEN_ATOL], initial=0.0)))
    return worst


def _allowed(row: list[Cell], inputs: list[dict]) -> bool:
    """Whether the policies let a row through."""
    for cell, field in zip(row, inputs):
        if cell is None and "on_missing" not in field:
            return False
        if cell is not None and field.get("type") == "category":
            if cell not in field["values"] and "on_unknown" not in field:
                return False
    return True


def _answer(output: str, values: np.ndarray, outputs: dict[str, Any]) -> Any:
    if output == "label":
        return outputs["labels"][int(values)]
    if values.ndim:
        return [number(value) for value in values]
    return number(values)


def _baseline(table: Table, inputs: list[dict], answers: Answers,
              outputs: dict[str, Any]) -> dict[str, Any]:
    described = baseline.describe(table, inputs)
    default = answers.outputs[0]
    try:
        values = answers.of(table.data)[default]
    except ValueError:  # the data has rows that the estimator refuses
        return described
    if default == "label":
        cells = [outputs["labels"][int(value)] for value in values]
        described["prediction"] = baseline.describe_words(cells, outputs["labels"])
    elif values.ndim == 1:
        described["prediction"] = baseline.describe_numbers(values)
    return described
