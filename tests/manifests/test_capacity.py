"""The capacity page: its tables are what its formulae give, and it says of the manifests what they say."""

import importlib.machinery
import importlib.util
import pathlib
import re
import subprocess

import pytest
from check_manifests.objects import Workload, quantity

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "manifests" / "CAPACITY.md").read_text(encoding="utf-8")
MIB = 2**20


@pytest.fixture(scope="module")
def capacity():
    loader = importlib.machinery.SourceFileLoader("capacity", str(ROOT / "tools" / "capacity"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("capacity", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pod(bundles):
    deployment = next(one for one in bundles["base"].documents if one["kind"] == "Deployment")
    return Workload(deployment)


def resource(pod, container, which, what):
    return quantity(pod.container(container)["resources"][which][what])


def test_the_table_is_what_the_program_says(capacity):
    rows = re.findall(r"^\| [0-9 ]+ \| [0-9 ]+ \| .*\|$", PAGE, re.M)
    known = capacity.constants()
    assert rows == [capacity.row_of(capacity.plan(*load, known)) for load in capacity.LOADS]


def test_the_arithmetic_by_hand(capacity):
    """Of round numbers: a pod takes 0.4 * 0.5 / 10 us = 20 000 requests a second."""
    known = {
        "worker_cpu": 0.4, "nginx_cpu": 0.6, "target": 0.5, "worker_us": 10, "nginx_us": 15,
        "worker_mib": 6, "large_mib": 30, "large_requests": 4, "model_kib": 32, "load_ms": 2,
        "metrics_kib": 8, "metrics_ms": 0.5, "look_ms": 0.25, "wire_bytes": 1000,
        "nginx_limit_mib": 128, "sync_limit_mib": 64,
    }
    one = capacity.plan(1_000_000, 1024, known)
    assert one["pods"] == 50 and one["cpus"] == pytest.approx(50) and one["used"] == 25
    assert one["worker_mib"] == 224  # (6 + 120 + 32) * 1.25 = 197.5, in steps of 32
    assert one["memory_gib"] == 50 * (224 + 128 + 64) / 1024
    assert (one["start_s"], one["metrics_mib"], one["look_s"]) == (2.048, 8, 0.256)
    assert one["gbit"] == 8
    assert capacity.plan(1, 0, known)["pods"] == 2


def test_what_is_given_is_what_the_manifests_say(capacity, pod, bundles):
    known = capacity.constants()
    assert known["worker_cpu"] == resource(pod, "worker", "requests", "cpu")
    assert known["nginx_cpu"] == resource(pod, "nginx", "requests", "cpu")
    assert known["nginx_limit_mib"] == resource(pod, "nginx", "limits", "memory") / MIB
    assert known["sync_limit_mib"] == resource(pod, "model-sync", "limits", "memory") / MIB
    scaler = next(
        one for one in bundles["base"].documents if one["kind"] == "HorizontalPodAutoscaler"
    )["spec"]
    target = scaler["metrics"][0]["containerResource"]["target"]["averageUtilization"]
    assert known["target"] * 100 == target
    largest = scaler["maxReplicas"] * capacity.plan(1, 1, known)["per_pod"]
    assert re.search(r"^\| ([0-9 ]+) requests/s \| `maxReplicas`, 20", PAGE, re.M)[1] == "510 000"
    assert largest == pytest.approx(510_000, rel=0.01)


def test_nginx_and_the_worker_are_busy_alike(capacity):
    """At the autoscaler's target neither of the two has less of its CPU left than the other."""
    known = capacity.constants()
    one = capacity.plan(1, 1, known)
    assert one["per_pod"] * known["nginx_us"] / 1e6 == pytest.approx(
        known["nginx_cpu"] * known["target"], rel=0.15)


def test_the_workers_limit_is_enough_for_a_thousand_models(capacity, pod):
    needed = capacity.plan(1, 1000, capacity.constants())["worker_mib"] * MIB
    assert resource(pod, "worker", "limits", "memory") >= needed
    assert resource(pod, "worker", "requests", "memory") == resource(pod, "worker", "limits", "memory")


def test_the_program_says_it_in_words():
    command = [ROOT / "tools" / "capacity", "--requests", "1000000", "--models", "10000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("40 pods of 25532 requests a second each")
    assert subprocess.run([*command, "--models", "-1"], capture_output=True).returncode == 2


@pytest.mark.parametrize(
    ("option", "value"), [("max_models", "1000"), ("max_model_bytes", "512m"), ("rescan_interval", "10s"),
                          ("max_connections", "4096")]
)
def test_the_limits_that_break_first_are_the_programs_own(option, value):
    sample = (ROOT / "conf" / "omen-worker.conf").read_text(encoding="utf-8")
    assert f"#{option.replace('_', '-')} = {value}\n" in sample
