"""tools/check-layers and tools/check-style pass a house that is in order and fail one that is not."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOOD = '#include "base/err.h"\n\n#include <stddef.h>\n\nint f(void)\n{\n    return 0;\n}\n'


def run(tool, root):
    done = subprocess.run(
        [ROOT / "tools" / tool, root], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def put(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(name="house")
def fixture_house(tmp_path):
    (tmp_path / ".clang-format").write_text((ROOT / ".clang-format").read_text())
    put(tmp_path, "include/base/err.h", "struct err;\n")
    put(tmp_path, "include/math/matrix.h", '#include "base/err.h"\n')
    put(tmp_path, "include/codec/json.h", "struct json;\n")
    put(tmp_path, "src/base/err.c", GOOD)
    put(tmp_path, "src/math/inner.h", "struct inner;\n")
    put(tmp_path, "src/math/matrix.c", '#include "math/inner.h"\n#include <gsl/gsl_math.h>\n')
    return tmp_path


def test_layers_of_a_house_in_order(house):
    status, output = run("check-layers", house)
    assert status == 0, output
    assert output == "check-layers: 6 files, 0 includes against the rules\n"


@pytest.mark.parametrize(
    "name, line, rule",
    [
        ("src/base/x.c", '#include "math/matrix.h"', "base stands on nothing, not on math"),
        ("src/codec/x.c", '#include "math/matrix.h"', "codec stands on base, not on math"),
        ("src/server/x.c", '#  include "codec/json.h"', "server stands on base http, not on codec"),
        ("src/app/x.c", '#include "codec/json.h"', "not on codec"),
        ("src/graph/x.c", '#include "math/inner.h"', "is private to math"),
        ("include/math/x.h", '#include "math/inner.h"', "no header in include/ may need it"),
        ("src/base/x.c", '#include "err.h"', "does not name its floor"),
        ("src/math/x.c", '#include "base/gone.h"', "is neither in include/ nor in src/"),
        ("src/math/x.c", "#include <base/err.h>", "included in quotes"),
        ("src/graph/ops/x.c", "#include <gsl/gsl_cdf.h>", "<gsl/gsl_cdf.h> is at home in math only"),
        ("src/math/x.c", "#include <json-c/json.h>", "at home in codec only"),
        ("src/base/x.c", "#include <sys/epoll.h>", "at home in server only"),
        ("src/app/x.c", "#include <fcgiapp.h>", "at home in server only"),
        ("src/base/x.c", "#include <stdiio.h>", "has no home yet"),
        ("src/attic/x.c", "", "attic is no floor of the house"),
    ],
)
def test_layers_finds(house, name, line, rule):
    put(house, name, line + "\n")
    status, output = run("check-layers", house)
    assert status == 1
    assert output.startswith(f"{name}:1: ")
    assert rule in output
    assert "7 files, 1 includes against the rules" in output


def test_layers_of_nothing(tmp_path):
    status, output = run("check-layers", tmp_path)
    assert status == 2
    assert "no C files" in output


def test_style_of_a_house_in_order(house):
    status, output = run("check-style", house)
    assert status == 0, output
    assert "0 against the rules" in output
    assert "no git history" in output


def body(lines):
    return "int f(void)\n{\n" + "    f();\n" * (lines - 3) + "}\n"


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("src/base/x.c", "int x;\n" * 601, "601: 601 lines, at most 600"),
        ("src/base/x.c", body(81), "1: f has 81 lines, at most 80"),
        ("src/base/x.c", "int  x;\n", "1: not as clang-format lays it out"),
        ("src/base/x.c", "// TO" + "DO: more\n", "1: a note to oneself"),
        ("tools/x.py", "x = 1\n# FIX" + "ME\n", "2: a note to oneself"),
        ("src/base/x.c", "int x; \n", "1: blanks at the end"),
        ("docs.md", "one\ntwo\t\n", "2: blanks at the end"),
        ("src/base/x.c", "int x;", "1: the last line does not end"),
        ("src/base/x.c", "int\tx;\n", "1: a tab"),
        ("tools/x", "#!/bin/sh\necho \n", "2: blanks at the end"),
        ("tools/x.py", "def f():\n" + "    f()\n" * 80, "1: f has 81 lines, at most 80"),
    ],
)
def test_style_finds(house, name, text, words):
    put(house, name, text)
    status, output = run("check-style", house)
    assert status == 1
    assert f"{name}:{words}" in output, output


def test_style_allows_the_limits(house):
    put(house, "src/base/x.c", body(80))
    put(house, "src/base/y.c", "int x;\n" * 600)
    status, output = run("check-style", house)
    assert status == 0, output
    assert "(1 over 40 lines)" in output


def commit(root, *subjects):
    def git(*arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    for subject in subjects:
        git("commit", "-q", "--allow-empty", "-m", subject)


def test_style_of_good_subjects(house):
    commit(house, "base: a thing", "graph/ops: more", "tests, tools: both", "v1.0: it's out")
    status, output = run("check-style", house)
    assert status == 0, output
    assert "no git history" not in output


@pytest.mark.parametrize(
    "subject",
    ["fixed it", "base: a thing.", "base:thing", "base: see #12", ": what", "Merge it all"],
)
def test_style_of_bad_subjects(house, subject):
    commit(house, "base: good", subject)
    status, output = run("check-style", house)
    assert status == 1
    assert f'"{subject}"' in output
    assert "1 against the rules" in output


def test_style_skips_what_git_ignores(house):
    commit(house, "base: good")
    put(house, ".gitignore", "/build*/\n")
    put(house, "build/x.c", "int  x; \n")
    put(house, "src/base/new.c", "int  x;\n")
    status, output = run("check-style", house)
    assert status == 1
    assert "build/x.c" not in output
    assert "src/base/new.c:1" in output
