"""The trainer's package, which has the name of this suite's folder: imported from the environment."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

_TRAINING = Path(__file__).resolve().parent.parent


def _import() -> ModuleType:
    suite, path = sys.modules.pop("lightgbm"), list(sys.path)
    sys.path[:] = [place for place in path if Path(place or ".").resolve() != _TRAINING]
    try:
        trainer = importlib.import_module("lightgbm")
    finally:
        sys.path[:] = path
        sys.modules["lightgbm"] = suite
    return trainer


lgb = _import()
VERSION = tuple(int(part) for part in lgb.__version__.split(".")[:3])
