"""Finds blocks that two overlays repeat: they belong into the base or a component."""

import contextlib
import json

import yaml

SIZE = 4  # scalars: below it is an object's own name


def blocks(value, path=""):
    """Yields (path, block, scalars) of every mapping and list, and of the patches in strings."""
    if isinstance(value, str) and "\n" in value:
        with contextlib.suppress(yaml.YAMLError):  # some other text
            value = yaml.safe_load(value)
    if not isinstance(value, (dict, list)):
        return 1
    items = value.items() if isinstance(value, dict) else enumerate(value)
    size = 0
    for key, inner in items:
        size += yield from blocks(inner, f"{path}.{key}")
    yield path, value, size
    return size


def of_file(path):
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        for where, block, size in blocks(document):
            if size >= SIZE:
                yield where, json.dumps(block, sort_keys=True)


def check(overlays):
    """Yields sentences. Of blocks within each other the outer ones are told."""
    first = {}
    for overlay in sorted(path for path in overlays.iterdir() if path.is_dir()):
        told = []
        for path in sorted(overlay.rglob("*.yaml")):
            for where, block in reversed(list(of_file(path))):
                there = f"{path.relative_to(overlays)}{where}"
                other = first.setdefault(block, (overlay, there))
                if other[0] != overlay and not any(there.startswith(one) for one in told):
                    told.append(there)
                    yield f"{there} repeats {other[1]}"
