"""The capacity page: its tables are what its formulae give, it says of the manifests what they say, and
what they request is enough."""

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
SLOW_CLIENTS = 128  # as base/deployment.yaml says


@pytest.fixture(scope="module")
def capacity():
    loader = importlib.machinery.SourceFileLoader("capacity", str(ROOT / "tools" / "capacity"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("capacity", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def known(capacity):
    return capacity.constants()


def find(bundle, kind):
    return next(one for one in bundle.documents if one["kind"] == kind)


@pytest.fixture(scope="module")
def pod(bundles):
    return Workload(find(bundles["base"], "Deployment"))


@pytest.fixture(scope="module")
def settings(bundles):
    """All settings of the base's containers."""
    maps = (one["data"] for one in bundles["base"].documents if one["kind"] == "ConfigMap")
    return {name: value for data in maps for name, value in data.items()}


def resource(pod, container, which, what):
    return quantity(pod.container(container)["resources"][which][what])


# --- the page and its program -------------------------------------------------------------------


def test_the_tables_are_what_the_program_says(capacity, known):
    assert capacity.compute(PAGE, known) == PAGE, "tools/capacity --write"
    assert len(re.findall(r"^\| [0-9 ]+ \| [0-9 ]+ \| .*\|$", PAGE, re.M)) == len(capacity.LOADS)


BY_HAND = {
    "worker_cpu": 0.4, "nginx_cpu": 0.6, "target": 0.5, "worker_us": 10, "nginx_us": 15,
    "worker_mib": 6, "bodies_mib": 120, "model_kib": 24, "scrape_kib": 8, "load_ms": 2, "pull_ms": 4,
    "metrics_kib": 8, "metrics_ms": 0.03, "packed_ms": 0.15, "rescan_ms": 0.08, "rescan_s": 10, "scrape_s": 15,
    "look_ms": 0.25, "period_s": 25, "wire_bytes": 1000, "nginx_limit_mib": 128, "sync_mib": 12,
    "sync_model_kib": 16, "nginx_mib": 6, "nginx_bodies_mib": 2, "nginx_slow_kib": 100,
}


def test_the_arithmetic_by_hand(capacity):
    """Of round numbers: a pod takes 0.4 * 0.5 / 10 us = 20 000 requests a second, without models."""
    one = capacity.plan(1_000_000, 0, BY_HAND)
    assert (one["pods"], one["per_pod"]) == (50, pytest.approx(20_000))
    assert one["cpus"] == pytest.approx(50) and one["used"] == pytest.approx(25)
    assert (one["worker_mib"], one["sync_mib"]) == (160, 32)  # 126 and 12 * 1.25, in steps of 32
    assert one["memory_gib"] == pytest.approx(50 * (160 + 128 + 32) / 1024)
    assert one["gbit"] == 8
    assert capacity.plan(1, 0, BY_HAND)["pods"] == 2


def test_models_take_of_what_requests_have(capacity):
    """10 000 of them: 10 000 * (0.08 / 10 + 0.03 / 15) ms = 0.1 of the 0.2 CPUs."""
    one = capacity.plan(1_000_000, 10_000, BY_HAND)
    assert one["per_pod"] == pytest.approx(10_000) and one["pods"] == 100
    assert one["used"] == pytest.approx(25 + 100 * (0.1 + 10_000 * (0.25e-3 / 25 + 0.15e-3 / 15)))
    assert one["worker_mib"] == 576  # (126 + 312.5) * 1.25 = 548
    assert one["sync_mib"] == 224  # (12 + 156.25) * 1.25 = 210
    assert (one["bring_s"], one["start_s"], one["look_s"]) == (40, 20, 2.5)
    assert one["metrics_mib"] == pytest.approx(78.125)
    with pytest.raises(ValueError, match="share them out"):
        capacity.plan(1, 20_000, BY_HAND)


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (64.9, "64"), (448, "440"), (25_531, "25 000"), (1_592_356, "1 500 000")]
)
def test_a_number_never_promises_more(capacity, value, text):
    assert capacity.about(value) == text


def test_the_program_says_it_in_words(capacity, known):
    command = [ROOT / "tools" / "capacity", "--requests", "1000000", "--models", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    one = capacity.plan(1_000_000, 1000, known)
    assert done.stdout.startswith(f"{one['pods']} pods of {one['per_pod']:.0f} requests a second each")
    assert subprocess.run([*command, "--models", "-1"], capture_output=True).returncode == 2
    done = subprocess.run([*command, "--models", "100000000"], capture_output=True, text=True)
    assert done.returncode == 1 and "share them out" in done.stderr and "Traceback" not in done.stderr


# --- what it says of the manifests --------------------------------------------------------------


def test_what_is_given_is_what_the_manifests_say(known, pod, bundles, settings):
    assert known["worker_cpu"] == pytest.approx(resource(pod, "worker", "requests", "cpu"))
    assert known["nginx_cpu"] == pytest.approx(resource(pod, "nginx", "requests", "cpu"))
    for name, container in (("worker", "worker"), ("nginx", "nginx"), ("sync", "model-sync")):
        assert known[f"{name}_limit_mib"] == resource(pod, container, "limits", "memory") / MIB
    scaler = find(bundles["base"], "HorizontalPodAutoscaler")["spec"]
    target = scaler["metrics"][0]["containerResource"]["target"]["averageUtilization"]
    assert known["target"] * 100 == target
    assert known["replicas"] == scaler["maxReplicas"]
    volumes = {one["name"]: one["emptyDir"] for one in pod.pod["volumes"]}
    assert known["nginx_tmp_mib"] == quantity(volumes["nginx-tmp"]["sizeLimit"]) / MIB
    assert known["run_mib"] == quantity(volumes["run"]["sizeLimit"]) / MIB
    assert settings["OMEN_MAX_BODY"] == settings["OMEN_NGINX_MAX_BODY"] == f"{known['body_mib']:.0f}m"
    assert settings["MODEL_PERIOD"] == f"{known['period_s']:.0f}s"
    monitor = (ROOT / "manifests" / "components" / "monitoring" / "pod-monitor.yaml").read_text()
    assert re.search(r"port: metrics.*?interval: (\d+)s", monitor, re.S)[1] == f"{known['scrape_s']:.0f}"


@pytest.mark.parametrize(
    ("option", "value"), [("max_models", "1000"), ("max_model_bytes", "512m"), ("rescan_interval", "10s"),
                          ("max_connections", "4096"), ("write_timeout", "5s")]
)
def test_the_limits_that_break_first_are_the_programs_own(known, option, value):
    sample = (ROOT / "conf" / "omen-worker.conf").read_text(encoding="utf-8")
    assert f"#{option.replace('_', '-')} = {value}\n" in sample
    assert known["max_models"] == 1000 and known["rescan_s"] == 10
    watch = (ROOT / "src" / "registry" / "watch.c").read_text(encoding="utf-8")
    assert f"#define PATHS_MAX ((size_t){known['watches']:.0f})" in watch


# --- what they request --------------------------------------------------------------------------


def test_nginx_and_the_worker_are_busy_alike(capacity, known):
    """At the autoscaler's target neither of the two has less of its CPU left than the other."""
    one = capacity.plan(1, 1, known)
    assert one["per_pod"] * known["nginx_us"] / 1e6 == pytest.approx(
        known["nginx_cpu"] * known["target"], rel=0.15)


def test_the_memory_of_a_pod_is_enough_for_a_thousand_models(capacity, known, pod):
    needed = {
        "worker": capacity.memory_of_worker(1000, known),
        "model-sync": capacity.memory_of_sync(1000, known),
        "model-init": capacity.memory_of_sync(1000, known),
        "nginx": capacity.memory_of_nginx(SLOW_CLIENTS, known),
    }
    for name, mib in needed.items():
        assert mib * MIB <= resource(pod, name, "limits", "memory") <= 2 * mib * MIB, name
        assert resource(pod, name, "requests", "memory") == resource(pod, name, "limits", "memory")


def test_the_sync_requests_the_cpu_of_its_looks(known, pod):
    look = 1000 * known["look_ms"] / 1e3 / known["period_s"]
    assert resource(pod, "model-sync", "requests", "cpu") >= look


def test_the_bucket_server_has_what_it_takes(capacity, known, bundles):
    deployments = (one for one in bundles["overlays/local"].documents if one["kind"] == "Deployment")
    bucket = Workload(next(one for one in deployments if "bucket" in one["metadata"]["name"]))
    [container] = bucket.pod["containers"]
    limit = quantity(container["resources"]["limits"]["memory"])
    assert capacity.in_steps(known["bucket_mib"]) * MIB <= limit


def test_one_container_with_all_has_the_memory_of_its_parts(capacity, known, bundles):
    """Of a hundred models, in KServe and on Cloud Run."""
    needed = capacity.memory_of_worker(100, known) + capacity.memory_of_nginx(SLOW_CLIENTS, known)
    runtime = find(bundles["kserve"], "ClusterServingRuntime")["spec"]["containers"][0]
    service = (ROOT / "manifests" / "cloud-run" / "service.yaml").read_text(encoding="utf-8")
    limits = [runtime["resources"]["limits"]["memory"], re.search(r"memory: (\w+)}", service)[1]]
    for limit in limits:
        assert needed * MIB <= quantity(limit) <= 3 * needed * MIB


def test_every_request_of_the_manifests_says_where_it_comes_from():
    """Beside the resources of each file that has some there is a word about them."""
    for path in sorted((ROOT / "manifests").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^ +(?:requests|limits):.*memory", text, re.M) and path.parent.name != "podman":
            assert re.search(r"# .*CAPACITY\.md|# .*tools/bench", text), path
