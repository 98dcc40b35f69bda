"""The strict schemas find what they are there for, in objects of every kind."""

import copy
import pathlib

import pytest
from check_manifests import repeats, schema
from check_manifests.objects import Bundle

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / ".venv-manifests"


@pytest.fixture(scope="session")
def found(bundles):
    """{id: [whose schema]} for every fault, all in one call: the packages take a while to load."""
    pytest.importorskip("kubernetes_validate", reason="the schemas' packages could not be fetched")
    spoiled = []
    for name, (rendering, kind, change) in FAULTS.items():
        document = copy.deepcopy(
            next(one for one in bundles[rendering].documents if one["kind"] == kind)
        )
        change(document)
        document["metadata"]["name"] = name
        spoiled.append(Bundle(rendering, [document]))
    whose = {name: [] for name in FAULTS}
    for schemas, _, document, _ in schema.check(spoiled, ENVIRONMENT):
        whose[document["metadata"]["name"]].append(schemas)
    return whose


def put(*path_and_value):
    *path, value = path_and_value

    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


def take(*path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


POD = ("spec", "template", "spec")
GKE = "overlays/gke"

FAULTS = {
    "unknown-member": (GKE, "Deployment", put(*POD, "initContainers", 2, "startupProbe",
                                              "failureTreshold", 3)),
    "text-for-a-number": (GKE, "Deployment", put(*POD, "terminationGracePeriodSeconds", "45")),
    "bad-enumeration": (GKE, "Deployment", put(*POD, "topologySpreadConstraints", 0,
                                               "whenUnsatisfiable", "Sometimes")),
    "required-member": (GKE, "HorizontalPodAutoscaler", take("spec", "maxReplicas")),
    "bad-type-of-service": (GKE, "Service", put("spec", "type", "LoadBalancr")),
    "removed-version": (GKE, "PodDisruptionBudget", put("apiVersion", "policy/v1beta1")),
    "pod-monitor": ("components/monitoring", "PodMonitor",
                    put("spec", "podMetricsEndpoints", 0, "intervall", "15s")),
    "pod-monitor-value": ("components/monitoring", "PodMonitor",
                          put("spec", "podMetricsEndpoints", 0, "interval", "often")),
    "prometheus-rule": ("components/autoscaling-busy", "PrometheusRule",
                        put("spec", "groups", 0, "rules", 0, "exprs", "1")),
    "gateway": ("components/gateway", "Gateway", put("spec", "listeners", 0, "ports", 80)),
    "gateway-value": ("components/gateway", "Gateway", put("spec", "listeners", 0, "port", 0)),
    "route": ("components/gateway", "HTTPRoute", put("spec", "parents", [])),
    "route-value": ("components/gateway", "HTTPRoute",
                    put("spec", "rules", 0, "matches", 0, "path", "type", "Suffix")),
    "health-check": ("components/gateway-gke", "HealthCheckPolicy",
                     put("spec", "default", "checkInterval", 3)),
    "pod-monitoring": ("components/monitoring-gke", "PodMonitoring",
                       put("spec", "endpoints", 0, "ports", "metrics")),
    "serving-runtime": ("kserve", "ClusterServingRuntime",
                        put("spec", "initContainers", [])),
    "serving-runtime-type": ("kserve", "ClusterServingRuntime",
                             put("spec", "supportedModelFormats", 0, "autoSelect", "yes")),
    "serving-runtime-container": ("kserve", "ClusterServingRuntime",
                                  put("spec", "containers", 0, "imagePolicy", "Always")),
    "inference-service": ("kserve/inference-service.yaml", "InferenceService",
                          put("spec", "predictor", "model", "storageUrl", "gs://b/m")),
    "inference-service-pod": ("kserve/inference-service.yaml", "InferenceService",
                              put("spec", "predictor", "securityContext", "runAsRoot", True)),
    "cloud-run": ("cloud-run/service.yaml", "Service",
                  put(*POD, "containers", 0, "volumeMount", [])),
    "podman-pod": ("podman/pod.yaml", "Pod", put("spec", "containers", 0, "imagePolicy", "Always")),
    "image-volume-value": ("components/models-image", "Deployment",
                           put(*POD, "volumes", 0, "image", "policy", "Always")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(found, name):
    assert found[name], f"nobody found {name}"


def test_an_unknown_member_is_found_by_every_version(found):
    versions = [f"kubernetes {one}" for one in schema.versions()]
    assert found["unknown-member"] == versions
    assert schema.numbers(schema.versions()[0]) == [1, 29] and len(versions) >= 9


def test_an_enumeration_is_found_where_the_versions_miss_it(found):
    assert "kubernetes-models" in found["bad-enumeration"]


def test_a_removed_version_is_known_to_none_of_them(found):
    assert {f"kubernetes {one}" for one in schema.versions()} <= set(found["removed-version"])


def write(folder, name, text):
    (folder / name).mkdir()
    (folder / name / "kustomization.yaml").write_text(text, encoding="utf-8")


SERVICE = """
patches:
  - target: {kind: Service, name: %s}
    patch: |-
      - op: add
        path: /spec/ports/-
        value: {name: admin, port: %d, targetPort: admin, protocol: TCP}
"""


def test_a_block_of_two_overlays_is_found(tmp_path):
    write(tmp_path, "one", SERVICE % ("omen", 81))
    write(tmp_path, "two", SERVICE % ("other", 81))
    assert len(list(repeats.check(tmp_path))) == 1


def test_a_text_that_is_no_block_is_none(tmp_path):
    for name in ("one", "two"):
        write(tmp_path, name, "data:\n  nginx.conf: |\n    http {\n      a: b: c\n    }\n")
    assert list(repeats.check(tmp_path)) == []


def test_blocks_that_differ_or_are_of_one_overlay_are_none(tmp_path):
    write(tmp_path, "one", SERVICE % ("omen", 81))
    write(tmp_path, "two", SERVICE % ("omen", 82))
    (tmp_path / "one" / "again.yaml").write_text(SERVICE % ("omen", 81), encoding="utf-8")
    assert list(repeats.check(tmp_path)) == []
