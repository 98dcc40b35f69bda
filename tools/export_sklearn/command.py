"""The command line of export-sklearn."""

from __future__ import annotations

import argparse
import csv
import pickle
import sys
from typing import Any, Sequence

import numpy as np

from .document import Refused, save
from .export import export

DESCRIPTION = """\
Turns a fitted scikit-learn estimator, Pipeline or ColumnTransformer into a model document of omen
(omen/1), with golden rows and a baseline from the training data.

The estimator is read from a pickle or joblib file. Reading such a file runs whatever code it
holds: give only files that you trust. It needs the scikit-learn that it was trained with.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="export-sklearn", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit status: 0 written, 1 cannot be exported (every part that cannot is named), "
               "2 wrong usage")
    add = parser.add_argument
    add("estimator", help="pickle or joblib file of the fitted estimator; it must be trusted")
    add("--data", required=True, metavar="CSV", help="the training data, with a header line")
    add("--target", action="append", default=[], metavar="COLUMN",
        help="a column of the data that is no input; may be given again")
    add("--words", action="append", default=[], metavar="COLUMN",
        help="a column of words that look like numbers; may be given again")
    add("--name", help="the model's name")
    add("--version", help="the model's version")
    add("--description", help="a text for people")
    add("--label", action="append", metavar="NAME",
        help="a class's name, in the order of classes_; give one for each")
    add("--limits", action="store_true",
        help="refuse requests outside of the training data's ranges")
    add("-o", "--output", required=True, metavar="FILE",
        help="the document, such as MODELS/iris/1/model.json; folders are made")
    return parser


def _load(path: str) -> Any:
    try:
        import joblib
    except ImportError:
        with open(path, "rb") as file:
            return pickle.load(file)
    return joblib.load(path)


def _cell(text: str) -> Any:
    return None if text.strip() == "" else text


def _numbers(cells: list) -> list | None:
    """The cells as numbers, or None if one of them is a word."""
    try:
        return [float("nan") if cell is None else float(cell) for cell in cells]
    except ValueError:
        return None


def read_table(path: str, without: Sequence[str], words: Sequence[str]) -> tuple[list[str], Any]:
    """A CSV file as names and data: a DataFrame, or an array where pandas is not installed. Empty
    cells are missing values; a column with anything that is no number is one of words."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if line]
    if not lines:
        raise Refused([f"{path} is empty"])
    header, rows = lines[0], lines[1:]
    for column in list(without) + list(words):
        if column not in header:
            raise Refused([f"{path} has no column {column}; it has {', '.join(header)}"])
    for count, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise Refused([f"{path}: row {count} has {len(row)} cells, the header {len(header)}"])
    names = [name for name in header if name not in without]
    columns = []
    for name in names:
        cells = [_cell(row[header.index(name)]) for row in rows]
        numbers = None if name in words else _numbers(cells)
        columns.append([np.nan if cell is None else cell for cell in cells]
                       if numbers is None else numbers)
    return names, _frame(names, columns)


def _frame(names: list[str], columns: list[list]) -> Any:
    has_words = [any(isinstance(cell, str) for cell in column) for column in columns]
    try:
        import pandas
    except ImportError:
        array = np.empty((len(columns[0]) if columns else 0, len(columns)), dtype=object)
        for index, column in enumerate(columns):
            array[:, index] = column
        return array if any(has_words) else array.astype(float)
    return pandas.DataFrame({name: pandas.Series(column, dtype=object if words else float)
                             for name, column, words in zip(names, columns, has_words)})


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        estimator = _load(options.estimator)
    except Exception as error:  # a pickle may raise anything
        print(f"export-sklearn: {options.estimator} cannot be read: {error}", file=sys.stderr)
        return 1
    try:
        names, data = read_table(options.data, options.target, options.words)
        document = export(estimator, data, names=names, name=options.name, version=options.version,
                          description=options.description, labels=options.label,
                          limits=options.limits)
        save(document, options.output)
    except Refused as refused:
        print(f"export-sklearn: {options.estimator} cannot be exported:", file=sys.stderr)
        for reason in refused.reasons:
            print(f"  {reason}", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"export-sklearn: {error}", file=sys.stderr)
        return 1
    steps = len(document.get("steps", []))
    print(f"{options.output}: {len(document['inputs'])} inputs, {steps} steps, "
          f"{document.get('model', {}).get('op', 'no model')}, "
          f"{len(document['golden']['rows'])} golden rows")
    return 0
