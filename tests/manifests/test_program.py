"""tools/check-manifests as a person calls it: what it prints and how it exits."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def run(*arguments, **variables):
    return subprocess.run(
        ["/usr/bin/python3", ROOT / "tools" / "check-manifests", "--no-schemas", *arguments],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )


@pytest.fixture
def copy(tmp_path):
    return pathlib.Path(shutil.copytree(ROOT / "manifests", tmp_path / "manifests"))


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_all_is_well_and_nothing_is_said():
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_fault_in_the_base_is_told_for_every_overlay(copy):
    change(copy / "base" / "service.yaml", "targetPort: http", "targetPort: web")
    done = run(str(copy))
    assert done.returncode == 1
    for name in ("base", "overlays/eks", "overlays/local", "components/gateway"):
        line = f"{name}: Service/omen: no container of Deployment/omen has the port web " \
               "[kube-linter: invalid-target-ports]"
        assert line in done.stdout.splitlines()


def test_what_cannot_be_rendered_is_told(copy):
    change(copy / "overlays" / "aks" / "kustomization.yaml", "components/cloud", "components/clowd")
    done = run(str(copy))
    assert done.returncode == 1 and done.stdout.startswith("cannot be rendered: ")


def test_a_block_that_two_overlays_repeat_is_told(copy):
    patch = "  - target: {kind: Service, name: omen}\n    patch: |-\n      - op: add\n" \
            "        path: /spec/ports/-\n        value: {name: a, port: 81, targetPort: http}\n"
    for name in ("gke", "aks"):
        change(copy / "overlays" / name / "kustomization.yaml", "patches:\n", f"patches:\n{patch}")
    done = run(str(copy))
    assert done.returncode == 1 and "[omen: repeats]" in done.stdout


def test_without_a_renderer_it_cannot_look(tmp_path):
    done = run(PATH=str(tmp_path))
    assert done.returncode == 2 and "neither kubectl nor kustomize" in done.stderr


def test_the_list_names_rules_and_what_is_ignored():
    done = run("--list")
    assert "kube-linter: latest-tag, disallow-latest-tag, container-image-tag" in done.stdout
    assert "ignored: deployment-replicas of omen-bucket in overlays/local" in done.stdout


def test_wrong_usage_is_refused():
    assert run("--schemas").returncode == 2
