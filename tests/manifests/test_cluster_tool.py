"""tools/test-cluster where it may not begin. What it does in a cluster, a cluster shows."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Stands for kubectl: a cluster that has the namespace, or none. What it is asked to change is kept.
KUBECTL = """#!/bin/sh
case "$*" in
version*) [ -z "$REFUSES" ] || { echo refused >&2; exit 1; } ;;
"get namespace"*) echo "omen Active" ;;
*) echo "$*" >>"$CHANGES" ;;
esac
"""


@pytest.fixture
def tool(tmp_path):
    for name, text in (("kubectl", KUBECTL), ("omen-sync", "#!/bin/sh\n"), ("omen", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text, encoding="ascii")
        (tmp_path / name).chmod(0o755)
    changes = tmp_path / "changes"

    def run(*arguments, **variables):
        done = subprocess.run(
            ["/usr/bin/python3", ROOT / "tools" / "test-cluster", *arguments],
            env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "CHANGES": str(changes), "REFUSES": "", **variables},
            capture_output=True, text=True, check=False,
        )
        assert not changes.exists(), changes.read_text(encoding="utf-8")
        return done

    return run


def test_help_tells_every_option(tool):
    done = tool("--help")
    assert done.returncode == 0
    for option in ("--context NAME", "--build DIR", "--keep"):
        assert option in done.stdout


def test_a_namespace_that_is_there_is_left_alone(tool):
    done = tool()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "test-cluster: the cluster has a namespace omen, which is left alone\n"


def test_without_a_cluster_it_says_so(tool):
    done = tool(REFUSES="yes")
    assert done.returncode == 2
    assert done.stderr.startswith("test-cluster: no cluster answers: ") and "refused" in done.stderr


def test_without_its_programs_it_says_so(tool, tmp_path):
    (tmp_path / "omen-sync").unlink()
    done = tool(PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "test-cluster: omen-sync is not there\n"
