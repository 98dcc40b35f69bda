"""How a document is spelled: numbers, words, layout, and the file it is written to."""

from __future__ import annotations

import json
import math
import os
import tempfile
from typing import Any, Iterable

import numpy as np

LINE = 100  # values that fit are written on one line


class Refused(Exception):
    """Something that cannot be exported. `reasons` has one sentence for each."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__("; ".join(self.reasons))


def is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas.NA."""
    if value is None:
        return True
    if isinstance(value, (str, bytes)):
        return False
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA has no truth value
        return True


def number(value: Any) -> int | float | str:
    """A number as the document has it: the shortest text that reads back to the same double."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    whole = value.is_integer() and abs(value) < 2**53 and not (value == 0 and
                                                              math.copysign(1, value) < 0)
    return int(value) if whole else value


def word(value: Any) -> int | float | str | None:
    """A category as the document has it; None is the missing one."""
    if is_missing(value):
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        raise Refused([f"categories of type {type(value).__name__}"])
    try:
        return number(value)
    except (TypeError, ValueError):
        raise Refused([f"categories of type {type(value).__name__}"]) from None


def word_key(value: int | float | str) -> str:
    """A category as a JSON key: 8 and 8.0 are "8"."""
    return value if isinstance(value, str) else json.dumps(value)


def vector(values: Any) -> list:
    return [number(value) for value in np.asarray(values, dtype=float).ravel()]


def matrix(values: Any) -> list[list]:
    if hasattr(values, "toarray"):
        values = values.toarray()
    return [vector(row) for row in np.atleast_2d(np.asarray(values, dtype=float))]


def words(values: Iterable[Any]) -> list:
    return [word(value) for value in values]


def text(document: dict) -> str:
    """The document as people can read it: short values on one line, lists of numbers too."""
    return _layout(document, "") + "\n"


def _layout(value: Any, indent: str) -> str:
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(flat) + len(indent) <= LINE or not _nested(value):
        return flat
    deeper = indent + " "
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {_layout(item, deeper)}"
                 for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        items = [_layout(item, deeper) for item in value]
        opening, closing = "[", "]"
    body = ",\n".join(deeper + item for item in items)
    return f"{opening}\n{body}\n{indent}{closing}"


def _nested(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)


def save(document: dict, path: str | os.PathLike) -> None:
    """Writes the document beside its place and renames it: readers see all of it or nothing."""
    path = os.fspath(path)
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    content = text(document).encode("utf-8")
    handle, temporary = tempfile.mkstemp(prefix="." + os.path.basename(path) + ".", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(file.fileno(), 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
