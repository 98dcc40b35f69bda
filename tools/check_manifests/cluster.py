"""What kube-linter, kube-score and kyverno ask of objects and of how they fit together."""

import re

from .objects import Workload, matches
from .rule import rule

LABELS = ["name", "instance", "version", "component", "part-of", "managed-by"]
LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def linter(*names):
    return rule(*names, tool="kube-linter")


def score(*names):
    return rule(*names, tool="kube-score")


def taken_by(bundle, selector):
    return [one for one in bundle.workloads() if matches(selector, one.labels)]


@linter("dangling-service")
def dangling_service(bundle):
    for service in bundle.of_kind("Service"):
        selector = service["spec"].get("selector")
        if not selector or not taken_by(bundle, {"matchLabels": selector}):
            yield service, "its selector takes no pod"


@linter("invalid-target-ports")
def target_ports(bundle):
    for service in bundle.of_kind("Service"):
        pods = taken_by(bundle, {"matchLabels": service["spec"].get("selector") or {}})
        for port in service["spec"].get("ports") or []:
            target = port.get("targetPort", port["port"])
            for pod in pods:
                if target not in pod.ports():
                    yield service, f"no container of {pod.name} has the port {target}"


@linter("mismatching-selector")
def mismatching_selector(bundle):
    for one in bundle.workloads():
        if one.kind not in ("Job", "Pod") and not matches(one.document["spec"].get("selector"), one.labels):
            yield one.document, "its selector does not take its own pods"


@linter("dangling-horizontalpodautoscaler")
def dangling_autoscaler(bundle):
    for one in bundle.of_kind("HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        names = [work["metadata"]["name"] for work in bundle.of_kind(target["kind"])]
        if target["name"] not in names:
            yield one, f"there is no {target['kind']} {target['name']}"


@linter("dangling-networkpolicy", "networkpolicy-targets-pod")
def dangling_policy(bundle):
    for one in bundle.of_kind("NetworkPolicy"):
        pods = taken_by(bundle, one["spec"].get("podSelector"))
        if not pods:
            yield one, "its podSelector takes no pod"
        for entry in one["spec"].get("ingress") or []:
            for port in entry.get("ports") or []:
                if pods and not any(port.get("port") in pod.ports() for pod in pods):
                    yield one, f"no container has the port {port.get('port')}"


@linter("dangling-podmonitor")
def dangling_monitor(bundle):
    for one in bundle.of_kind("PodMonitor", "PodMonitoring"):
        pods = taken_by(bundle, one["spec"].get("selector"))
        if not pods:
            yield one, "its selector takes no pod"
        ends = one["spec"].get("podMetricsEndpoints") or one["spec"].get("endpoints") or []
        for end in ends:
            if pods and not any(end.get("port") in pod.ports() for pod in pods):
                yield one, f"no container has the port {end.get('port')}"


@linter("dangling-route")
def dangling_route(bundle):
    services = {one["metadata"]["name"]: one for one in bundle.of_kind("Service")}
    gateways = [one["metadata"]["name"] for one in bundle.of_kind("Gateway")]
    for route in bundle.of_kind("HTTPRoute"):
        for parent in route["spec"].get("parentRefs") or []:
            if parent["name"] not in gateways:
                yield route, f"there is no Gateway {parent['name']}"
        for end in [end for one in route["spec"]["rules"] for end in one.get("backendRefs") or []]:
            service = services.get(end["name"])
            ports = [port["port"] for port in service["spec"]["ports"]] if service else []
            if end.get("port") not in ports:
                yield route, f"there is no Service {end['name']} with port {end.get('port')}"


@linter("non-existent-service-account")
def service_account(bundle):
    names = [one["metadata"]["name"] for one in bundle.of_kind("ServiceAccount")]
    for one in bundle.workloads():
        name = one.pod.get("serviceAccountName", "default")
        if name not in names:
            yield one.document, f"there is no ServiceAccount {name}"


@linter("deprecated-service-account-field")
def old_service_account(bundle):
    for one in bundle.workloads():
        if "serviceAccount" in one.pod:
            yield one.document, "serviceAccount is serviceAccountName's old name"


@linter("no-extensions-v1beta")
def old_groups(bundle):
    for one in bundle.documents:
        if one["apiVersion"].startswith("extensions/"):
            yield one, f"{one['apiVersion']} is gone"


@linter("job-ttl-seconds-after-finished")
def job_lifetime(bundle):
    for one in bundle.of_kind("Job"):
        if "ttlSecondsAfterFinished" not in one["spec"]:
            yield one, "a Job that stays for ever"


@linter("no-anti-affinity", "deployment-has-host-podantiaffinity")
def anti_affinity(bundle):
    for one in bundle.workloads():
        apart = (one.pod.get("affinity") or {}).get("podAntiAffinity") or {}
        terms = list(apart.get("requiredDuringSchedulingIgnoredDuringExecution") or [])
        wished = apart.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        terms += [term["podAffinityTerm"] for term in wished]
        hosts = [term for term in terms if term.get("topologyKey") == "kubernetes.io/hostname"]
        if not any(matches(term.get("labelSelector"), one.labels) for term in hosts):
            yield one.document, "nothing keeps its pods on different nodes"


@score("pod-topology-spread-constraints")
def spread(bundle):
    for one in bundle.workloads():
        terms = one.pod.get("topologySpreadConstraints") or []
        if not any(matches(term.get("labelSelector"), one.labels) for term in terms):
            yield one.document, "nothing spreads its pods"


def budgets_of(bundle, workload):
    budgets = bundle.of_kind("PodDisruptionBudget")
    return [one for one in budgets if matches(one["spec"].get("selector"), workload.labels)]


@score("deployment-has-poddisruptionbudget")
def has_budget(bundle):
    for document in bundle.of_kind("Deployment"):
        if not budgets_of(bundle, Workload(document)):
            yield document, "has no PodDisruptionBudget"


@linter("pdb-max-unavailable")
def budget_maximum(bundle):
    for one in bundle.of_kind("PodDisruptionBudget"):
        if one["spec"].get("maxUnavailable") in (0, "0%"):
            yield one, "no pod may ever be evicted"


@linter("pdb-min-available")
def budget_minimum(bundle):
    least = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"].get("minReplicas", 1)
        for one in bundle.of_kind("HorizontalPodAutoscaler")
    }
    for document in bundle.of_kind("Deployment"):
        name = document["metadata"]["name"]
        replicas = least.get(name, document["spec"].get("replicas", 1))
        for budget in budgets_of(bundle, Workload(document)):
            wanted = budget["spec"].get("minAvailable")
            if wanted == "100%" or (isinstance(wanted, int) and wanted >= replicas):
                yield budget, f"minAvailable is all that {name} has"


@linter("pdb-unhealthy-pod-eviction-policy")
def budget_of_the_ill(bundle):
    for one in bundle.of_kind("PodDisruptionBudget"):
        if one["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield one, "a pod that is not ready may hold up a node's drain"


@score("deployment-targeted-by-hpa-does-not-have-replicas-configured")
def replicas_and_autoscaler(bundle):
    for one in bundle.of_kind("HorizontalPodAutoscaler"):
        for work in bundle.of_kind("Deployment"):
            same = work["metadata"]["name"] == one["spec"]["scaleTargetRef"]["name"]
            if same and "replicas" in work["spec"]:
                yield work, "has replicas, which are the autoscaler's business"


@score("deployment-replicas")
def replicas(bundle):
    scaled = [
        one["spec"]["scaleTargetRef"]["name"] for one in bundle.of_kind("HorizontalPodAutoscaler")
    ]
    for one in bundle.of_kind("Deployment"):
        if one["metadata"]["name"] not in scaled and one["spec"].get("replicas", 1) < 2:
            yield one, "has fewer than two replicas"


@score("horizontalpodautoscaler-replicas")
def autoscaler_replicas(bundle):
    for one in bundle.of_kind("HorizontalPodAutoscaler"):
        if one["spec"].get("minReplicas", 1) < 2:
            yield one, "minReplicas is below two"


@score("pod-networkpolicy")
def has_policy(bundle):
    for one in bundle.workloads():
        ways = set()
        for policy in bundle.of_kind("NetworkPolicy"):
            if matches(policy["spec"].get("podSelector"), one.labels):
                ways |= set(policy["spec"].get("policyTypes") or ["Ingress"])
        if ways != {"Ingress", "Egress"}:
            yield one.document, "no NetworkPolicy bounds both ways"


@score("service-type")
def service_type(bundle):
    for one in bundle.of_kind("Service"):
        if one["spec"].get("type") == "NodePort":
            yield one, "is a NodePort"


@score("label-values")
def label_values(bundle):
    for one in bundle.documents:
        for key, value in (one["metadata"].get("labels") or {}).items():
            if not isinstance(value, str) or not LABEL_VALUE.fullmatch(value):
                yield one, f"the value of the label {key} cannot be"


@rule("require-labels", tool="kyverno")
def labels(bundle):
    for one in bundle.workloads():
        missing = [name for name in LABELS if f"app.kubernetes.io/{name}" not in one.labels]
        if missing:
            yield one.document, f"its pods have no app.kubernetes.io/{', '.join(missing)}"


@rule("disallow-default-namespace", tool="kyverno")
def default_namespace(bundle):
    whole = {"Namespace", "ClusterServingRuntime"}
    for one in bundle.documents:
        if one["kind"] in whole or one["apiVersion"].startswith("serving."):
            continue
        if one["metadata"].get("namespace", "default") == "default":
            yield one, "is in the namespace default"
