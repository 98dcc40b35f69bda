"""What the tests of omen have in common: the program, its models, and their rows."""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
MODELS = GOLDEN / "exported"
sys.path.insert(0, str(ROOT / "tests" / "e2e"))


def find_omen():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        omen = ROOT / place / "src" / "cli" / "omen"
        if omen.exists():
            return str(omen)
    raise FileNotFoundError(f"no omen in {places}; build first or set OMEN_BUILD")


def run(*arguments, **options):
    """The finished process, bytes in and out; standard input is empty unless given."""
    options.setdefault("input", b"")
    options.setdefault("timeout", 120)
    return subprocess.run(
        [find_omen(), *map(str, arguments)], capture_output=True, check=False, **options
    )


def good(*arguments, **options):
    """What it writes, when it has nothing to complain of."""
    done = run(*arguments, **options)
    assert done.returncode == 0 and done.stderr == b"", (done.returncode, done.stderr)
    return done.stdout.decode()


def refused(status, *arguments, **options):
    """Its complaint, when it ends with this status."""
    done = run(*arguments, **options)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stderr.decode()


def document(name):
    return json.loads((MODELS / name / "model.json").read_text())


def names(name):
    return [entry["name"] for entry in document(name)["inputs"]]


def rows(name):
    """The rows of a case, or of a set of them."""
    path = MODELS / name / "expected.json"
    if path.exists():
        expected = json.loads(path.read_text())
        if "rows" in expected:
            return expected["rows"]
        name = expected["data"]
    return json.loads((GOLDEN / "data" / f"{name}.json").read_text())


EMPTY = "\x01"  # Python's csv has no way to quote an empty text and not a missing value


def as_csv(header, table, **form):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", **form)
    if header:
        writer.writerow(header)
    spelled = {None: "", "": EMPTY}
    writer.writerows([[spelled.get(cell, cell) for cell in row] for row in table])
    return text.getvalue().replace(EMPTY, '""').encode()


def as_jsonl(table):
    return "".join(json.dumps(row) + "\n" for row in table).encode()


def read_csv(text, **form):
    """[{column: cell}] of answers."""
    return list(csv.DictReader(io.StringIO(text), **form))
