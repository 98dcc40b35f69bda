"""Every rule finds its fault: the manifests are spoiled in one place, and exactly the rules that are
named there speak."""

import copy

import pytest
from check_manifests import (  # noqa: F401 (the modules register their rules)
    api, cluster, containers, contract, pod_security)
from check_manifests.objects import Bundle
from check_manifests.rule import RULES, lint

SLASH = "~1"  # of a key, in a path
GKE, PODMAN = "overlays/gke", "podman/pod.yaml"


def place_of(bundle, path):
    """(what holds it, last key): `KIND[:NAME]/key/...`, `pod/...` or `container:NAME/...`."""
    first, *keys = path.split("/")
    kind, _, name = first.partition(":")
    wanted = {"pod": ("Deployment", "omen"), "container": ("Deployment", "omen")}.get(
        kind, (kind, name or None)
    )
    place = next(
        one for one in bundle.documents
        if one["kind"] == wanted[0] and wanted[1] in (None, one["metadata"]["name"])
    )
    if kind in ("pod", "container"):
        place = place["spec"]["template"]["spec"]
    if kind == "container":
        place = next(
            one for one in place["initContainers"] + place["containers"] if one["name"] == name
        )
    keys = [int(key) if key.isdigit() else key.replace(SLASH, "/") for key in keys]
    for key in keys[:-1]:
        place = place[key]
    return place, keys[-1]


def put(path, value):
    def change(bundle):
        place, key = place_of(bundle, path)
        place[key] = value

    return change


def take(path):
    def change(bundle):
        place, key = place_of(bundle, path)
        del place[key]

    return change


def add(path, value):
    def change(bundle):
        place, key = place_of(bundle, path)
        place.setdefault(key, []).append(value)

    return change


def turn(path):
    def change(bundle):
        place, key = place_of(bundle, path)
        place[key].reverse()

    return change


def drop(kind, name="omen"):
    def change(bundle):
        bundle.documents[:] = [
            one for one in bundle.documents
            if (one["kind"], one["metadata"]["name"]) != (kind, name)
        ]

    return change


def bring(**document):
    document.setdefault("metadata", {"name": "another", "namespace": "omen"})

    def change(bundle):
        bundle.documents.append(document)

    return change


NGINX, WORKER = "container:nginx", "container:worker"
HOST = {"name": "host", "hostPath": {"path": "/var/run/docker.sock"}}
JOB = {
    "apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "omen", "namespace": "omen"}, "spec": {"template": {"spec": {}}},
}
POLICY = "NetworkPolicy/spec"
SCALER = "HorizontalPodAutoscaler/spec"
ANNOTATIONS = "Deployment/spec/template/metadata/annotations"
LABELS = "Deployment/spec/template/metadata/labels"

# (the rules by their first names, rendering, changes)
FAULTS = [
    # Pod Security, and the linters' rules of the same matter.
    ({"allowPrivilegeEscalation", "privilege-escalation-container"}, GKE,
     put(f"{WORKER}/securityContext/allowPrivilegeEscalation", True)),
    ({"capabilities_restricted", "drop-net-raw-capability"}, GKE,
     put(f"{WORKER}/securityContext/capabilities/drop", ["CHOWN"])),
    ({"capabilities_restricted", "drop-net-raw-capability"}, GKE,
     put(f"{NGINX}/securityContext/capabilities/add", ["NET_RAW"])),
    ({"runAsNonRoot", "run-as-non-root"}, GKE,
     put("pod/securityContext/runAsNonRoot", False)),
    ({"runAsUser", "container-security-context-user-group-id", "user"}, GKE,
     put("container:model-init/securityContext/runAsUser", 0)),
    ({"seccompProfile_restricted", "restrict-seccomp-strict"}, GKE,
     take("pod/securityContext/seccompProfile")),
    ({"privileged", "privileged-container"}, GKE,
     put(f"{WORKER}/securityContext/privileged", True)),
    ({"procMount"}, GKE, put(f"{WORKER}/securityContext/procMount", "Unmasked")),
    ({"seLinuxOptions"}, GKE,
     put("pod/securityContext/seLinuxOptions", {"type": "spc_t"})),
    ({"appArmorProfile"}, GKE,
     put("pod/securityContext/appArmorProfile", {"type": "Unconfined"})),
    ({"hostPorts"}, GKE, put(f"{NGINX}/ports/0/hostPort", 80)),
    ({"hostProbesAndhostLifecycle"}, GKE,
     put(f"{NGINX}/readinessProbe/httpGet/host", "127.0.0.1")),
    ({"restrictedVolumes", "hostPathVolumes", "volume-mounts"}, GKE,
     add("pod/volumes", HOST)),
    ({"hostNamespaces"}, GKE, put("pod/hostNetwork", True)),
    ({"hostNamespaces"}, GKE, put("pod/hostPID", True)),
    ({"sysctls"}, GKE,
     put("pod/securityContext/sysctls", [{"name": "net.core.somaxconn", "value": "65535"}])),
    ({"windowsHostProcess"}, GKE,
     put("pod/securityContext/windowsOptions", {"hostProcess": True})),
    ({"allowPrivilegeEscalation", "privilege-escalation-container"}, "kserve",
     take("ClusterServingRuntime/spec/containers/0/securityContext/allowPrivilegeEscalation")),
    # Of containers.
    ({"no-read-only-root-fs"}, GKE,
     put(f"{NGINX}/securityContext/readOnlyRootFilesystem", False)),
    ({"container-security-context-user-group-id", "user"}, GKE,
     put("pod/securityContext/runAsGroup", 1000)),
    ({"latest-tag", "version"}, GKE,
     put(f"{WORKER}/image", "REGION-docker.pkg.dev/PROJECT/omen/omen-worker:latest")),
    ({"latest-tag", "version", "restrict-image-registries"}, GKE,
     put(f"{WORKER}/image", "omen-worker")),
    ({"restrict-image-registries", "version"}, GKE,
     put(f"{NGINX}/image", "REGION-docker.pkg.dev/PROJECT/omen/nginx:1.29.1")),
    ({"container-image-pull-policy"}, GKE, put(f"{WORKER}/imagePullPolicy", "Never")),
    ({"unset-cpu-requirements"}, GKE, take(f"{NGINX}/resources/requests/cpu")),
    ({"unset-cpu-requirements", "autoscaler-container"}, GKE,
     take(f"{WORKER}/resources/requests/cpu")),
    ({"unset-memory-requirements"}, GKE, take(f"{NGINX}/resources/limits/memory")),
    ({"container-ephemeral-storage-request-and-limit"}, GKE,
     take(f"{NGINX}/resources/limits/ephemeral-storage")),
    ({"duplicate-env-var"}, GKE,
     put(f"{WORKER}/env", [{"name": "OMEN_THREADS", "value": "1"}] * 2)),
    ({"env-var-secret"}, GKE,
     add("container:model-sync/env", {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"})),
    ({"liveness-port"}, GKE, put(f"{NGINX}/livenessProbe/httpGet/port", "web")),
    ({"readiness-port"}, GKE, put(f"{NGINX}/readinessProbe/httpGet/port", 8081)),
    ({"startup-port"}, GKE, put(f"{NGINX}/startupProbe", {"tcpSocket": {"port": "web"}})),
    ({"ssh-port", "ports"}, GKE, add(f"{NGINX}/ports", {"containerPort": 22})),
    ({"pod-probes"}, GKE, take(f"{WORKER}/livenessProbe")),
    ({"pod-probes"}, GKE, take(f"{NGINX}/readinessProbe")),
    ({"pod-probes-identical"}, GKE,
     put(f"{NGINX}/livenessProbe", {"httpGet": {"path": "/readyz", "port": "http"}})),
    # How objects fit together.
    ({"dangling-service"}, GKE,
     put("Service/spec/selector", {"app.kubernetes.io/name": "omne"})),
    ({"invalid-target-ports"}, GKE, put("Service/spec/ports/0/targetPort", "web")),
    ({"mismatching-selector"}, GKE,
     put("Deployment/spec/selector/matchLabels", {"app.kubernetes.io/name": "omne"})),
    ({"dangling-horizontalpodautoscaler", "deployment-replicas"}, GKE,
     put(f"{SCALER}/scaleTargetRef/name", "omne")),
    ({"dangling-networkpolicy", "pod-networkpolicy"}, GKE,
     put(f"{POLICY}/podSelector/matchLabels", {"app.kubernetes.io/name": "omne"})),
    ({"dangling-networkpolicy"}, GKE, put(f"{POLICY}/ingress/0/ports/0/port", "web")),
    ({"dangling-podmonitor"}, "components/monitoring",
     put("PodMonitor/spec/podMetricsEndpoints/0/port", "web")),
    ({"dangling-podmonitor"}, "components/monitoring-gke",
     put("PodMonitoring/spec/selector/matchLabels", {"app.kubernetes.io/name": "omne"})),
    ({"dangling-route"}, "components/gateway", put("HTTPRoute/spec/rules/0/backendRefs/0/port", 81)),
    ({"dangling-route"}, "components/gateway", put("HTTPRoute/spec/parentRefs/0/name", "omne")),
    ({"non-existent-service-account"}, GKE, put("pod/serviceAccountName", "omne")),
    ({"deprecated-service-account-field"}, GKE, put("pod/serviceAccount", "omen")),
    ({"no-extensions-v1beta"}, GKE,
     bring(apiVersion="extensions/v1beta1", kind="Ingress", spec={})),
    ({"no-anti-affinity"}, GKE, take("pod/affinity")),
    ({"pod-topology-spread-constraints"}, GKE, take("pod/topologySpreadConstraints")),
    ({"deployment-has-poddisruptionbudget"}, GKE, drop("PodDisruptionBudget")),
    ({"deployment-has-poddisruptionbudget"}, GKE,
     take("PodDisruptionBudget/spec/selector")),
    ({"pdb-max-unavailable"}, GKE, put("PodDisruptionBudget/spec/maxUnavailable", 0)),
    ({"pdb-min-available", "disruption-budget"}, GKE,
     put("PodDisruptionBudget/spec/minAvailable", 2)),
    ({"pdb-unhealthy-pod-eviction-policy"}, GKE,
     put("PodDisruptionBudget/spec/unhealthyPodEvictionPolicy", "IfHealthyBudget")),
    ({"deployment-targeted-by-hpa-does-not-have-replicas-configured"}, GKE,
     put("Deployment/spec/replicas", 3)),
    ({"deployment-replicas"}, "overlays/local", put("Deployment:omen/spec/replicas", 1)),
    ({"horizontalpodautoscaler-replicas"}, GKE, put(f"{SCALER}/minReplicas", 1)),
    ({"pod-networkpolicy"}, GKE, drop("NetworkPolicy")),
    ({"pod-networkpolicy"}, GKE, put(f"{POLICY}/policyTypes", ["Ingress"])),
    ({"service-type"}, GKE, put("Service/spec/type", "NodePort")),
    ({"label-values"}, GKE, put("Service/metadata/labels/team", "two words")),
    ({"require-labels"}, GKE, take(f"{LABELS}/app.kubernetes.io~1part-of")),
    ({"disallow-default-namespace"}, GKE, put("Service/metadata/namespace", "default")),
    # What only an API server finds.
    ({"init-container-probes"}, GKE,
     put("container:model-init/livenessProbe", {"exec": {"command": [
         "/usr/bin/omen-worker", "--check", "live"]}})),
    ({"init-container-probes"}, GKE, put("container:model-init/restartPolicy", "Never")),
    ({"names"}, GKE, put("container:model-sync/name", "Model_sync")),
    ({"names", "invalid-target-ports"}, GKE,
     put("Service/spec/ports/0/targetPort", "http_x")),
    ({"cidr"}, GKE, put(f"{POLICY}/egress/2/to/0/ipBlock/cidr", "169.254.169.252")),
    ({"disruption-budget"}, GKE, take("PodDisruptionBudget/spec/maxUnavailable")),
    ({"sleep", "shutdown"}, GKE, put(f"{NGINX}/lifecycle/preStop", {"sleep": {"seconds": 60}})),
    ({"autoscaler-target"}, GKE,
     put(f"{SCALER}/metrics/0/containerResource/target/averageUtilization", 0)),
    ({"autoscaler-target"}, "components/autoscaling-busy",
     put(f"{SCALER}/metrics/0/pods/target/averageValue", "many")),
    ({"autoscaler-container"}, GKE,
     put(f"{SCALER}/metrics/0/containerResource/container", "wroker")),
    ({"volume-mounts"}, GKE, put(f"{NGINX}/volumeMounts/0/name", "rnu")),
    ({"requests-and-limits"}, GKE, put(f"{NGINX}/resources/requests/memory", "512Megs")),
    ({"requests-and-limits"}, GKE, put(f"{NGINX}/resources/requests/memory", "1Gi")),
    ({"references", "shutdown"}, GKE, drop("ConfigMap", "CONFIG")),
    # This project's own promises.
    ({"options"}, GKE, put("container:model-init/args", ["--onse"])),
    ({"options"}, GKE, put(f"{WORKER}/command/1", "--sokcet=/run/omen/worker.sock")),
    ({"options"}, GKE, put("ConfigMap:CONFIG/data/OMEN_THREDS", "2")),
    ({"checks"}, GKE, put(f"{WORKER}/startupProbe/exec/command/2", "raedy")),
    ({"checks"}, GKE, put(f"{WORKER}/startupProbe/exec/command/3", "/run/worker.sock")),
    ({"paths"}, GKE, put(f"{NGINX}/readinessProbe/httpGet/path", "/raedyz")),
    ({"ports"}, "components/tls", put(f"{NGINX}/ports/0/containerPort", 8444)),
    ({"bodies"}, GKE, take("pod/volumes/2/emptyDir/medium")),
    ({"bodies"}, "kserve", take("ClusterServingRuntime/spec/volumes/1/emptyDir/sizeLimit")),
    ({"bodies", "volume-mounts"}, "cloud-run/service.yaml",
     take("Service/spec/template/spec/containers/0/volumeMounts/1")),
    ({"bodies"}, "kserve", put("ClusterServingRuntime/spec/containers/0/env/3/name", "OMEN_NGINX_GZIP")),
    ({"ports"}, PODMAN, put("Pod/spec/containers/3/ports/1/containerPort", 9099)),
    ({"capabilities_restricted", "drop-net-raw-capability"}, PODMAN,
     take("Pod/spec/containers/2/securityContext/capabilities")),
    ({"ports"}, "components/monitoring",
     put(f"{ANNOTATIONS}/prometheus.io~1port", "9099")),
    ({"ports"}, "kserve",
     put("ClusterServingRuntime/spec/annotations/prometheus.kserve.io~1port", "9099")),
    ({"ports"}, GKE, put(f"{NGINX}/ports/1/containerPort", 9099)),
    ({"ports"}, GKE, put("container:model-sync/ports/0/containerPort", 9099)),
    ({"version"}, GKE, put(f"{LABELS}/app.kubernetes.io~1version", "0.0.9")),
    ({"shutdown"}, GKE, put("pod/terminationGracePeriodSeconds", 30)),
    ({"shutdown"}, GKE, put("ConfigMap:CONFIG/data/OMEN_DRAIN_TIMEOUT", "25s")),
    ({"shutdown"}, GKE, take(f"{NGINX}/lifecycle")),
    ({"order", "init-container-probes"}, GKE, take(f"{WORKER}/restartPolicy")),
    ({"order"}, GKE, take(f"{WORKER}/startupProbe")),
    ({"order"}, GKE, turn("pod/initContainers")),
    ({"both-ends"}, "overlays/local",
     put("NetworkPolicy:omen-bucket/spec/ingress/0/from/0/podSelector/matchExpressions/0/values", ["omen-bucket"])),
    ({"both-ends"}, "overlays/local", put("NetworkPolicy:omen/spec/egress/2/ports/0/port", 9001)),
    ({"user"}, GKE, put("pod/securityContext/runAsUser", 10002)),
    ({"writable"}, GKE, put(f"{WORKER}/volumeMounts/1/readOnly", True)),
]


def spoken(bundle):
    return {(names[0], text) for names, _, _, text in lint(bundle)}


@pytest.mark.parametrize(
    ("rules", "name", "change"), FAULTS, ids=["-".join(sorted(one[0])) for one in FAULTS]
)
def test_a_fault_is_found_by_its_rules(bundles, rules, name, change):
    good = bundles[name]
    bundle = Bundle(name, copy.deepcopy(good.documents), good.without)
    if name.startswith(("overlays", "components")):  # the worker's settings, whose name ends in a digest
        for one in bundle.documents:
            if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("omen-worker-"):
                digest, one["metadata"]["name"] = one["metadata"]["name"], "CONFIG"
        reference, _ = place_of(bundle, "container:worker/envFrom/0/configMapRef/name")
        assert reference["name"] == digest
        reference["name"] = "CONFIG"
    assert spoken(bundle) == set()
    change(bundle)
    assert {rule for rule, _ in spoken(bundle)} == rules


def test_every_rule_has_its_fault():
    tried = set().union(*(one[0] for one in FAULTS)) | {"job-ttl-seconds-after-finished"}
    assert {names[0] for names, _, _ in RULES} - tried == set()


def test_a_job_without_an_end_is_found(bundles):
    bundle = Bundle("jobs", [copy.deepcopy(JOB)])
    assert "job-ttl-seconds-after-finished" in {rule for rule, _ in spoken(bundle)}
    bundle.documents[0]["spec"]["ttlSecondsAfterFinished"] = 60
    assert "job-ttl-seconds-after-finished" not in {rule for rule, _ in spoken(bundle)}


@pytest.mark.parametrize("note", ["kube-score/ignore", "ignore-check.kube-linter.io/service-type"])
def test_the_tools_own_annotations_silence_one_rule(bundles, note):
    bundle = Bundle(GKE, copy.deepcopy(bundles[GKE].documents))
    put("Service/spec/type", "NodePort")(bundle)
    assert {rule for rule, _ in spoken(bundle)} == {"service-type"}
    put("Service/metadata/annotations", {note: "service-type"})(bundle)
    assert spoken(bundle) == set()


def test_all_names_that_are_asked_for_are_there():
    """The names under which users know the rules."""
    names = {name for one, _, _ in RULES for name in one}
    wanted = """
        dangling-service deprecated-service-account-field docker-sock drop-net-raw-capability
        duplicate-env-var env-var-secret host-ipc host-network host-pid invalid-target-ports
        job-ttl-seconds-after-finished latest-tag liveness-port mismatching-selector no-anti-affinity
        no-extensions-v1beta no-read-only-root-fs non-existent-service-account pdb-max-unavailable
        pdb-min-available privilege-escalation-container privileged-container readiness-port
        run-as-non-root sensitive-host-mounts ssh-port startup-port unsafe-sysctls
        unset-cpu-requirements unset-memory-requirements pdb-unhealthy-pod-eviction-policy
        container-resources container-ephemeral-storage-request-and-limit container-image-pull-policy
        pod-networkpolicy networkpolicy-targets-pod pod-probes pod-probes-identical
        container-security-context-user-group-id container-security-context-readonlyrootfilesystem
        deployment-has-poddisruptionbudget deployment-has-host-podantiaffinity
        deployment-targeted-by-hpa-does-not-have-replicas-configured deployment-replicas
        horizontalpodautoscaler-replicas pod-topology-spread-constraints service-type label-values
        environment-variable-key-duplication disallow-capabilities-strict
        disallow-privilege-escalation require-run-as-non-root-user require-run-as-nonroot
        restrict-seccomp-strict restrict-volume-types disallow-latest-tag require-labels
        require-pod-requests-limits require-probes require-ro-rootfs require-drop-all
        restrict-image-registries disallow-default-namespace
    """.split()
    assert set(wanted) - names == set()
