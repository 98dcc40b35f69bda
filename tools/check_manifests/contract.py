"""What this project's programs and images promise, and the manifests rely on."""

import functools
import pathlib
import re

from .objects import image_name, image_tag, matches
from .rule import rule

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHUTDOWN = re.compile(r"^worker_shutdown_timeout (\d+)s;", re.M)
SECONDS = re.compile(r"(\d+)(ms|s|m)")
LEAVING = 5  # seconds until requests no longer come to a pod that was told to end
STARTED = ("model-init", "model-sync", "worker", "nginx")
UNITS = {"ms": 0.001, "s": 1, "m": 60}

# Where the options of the program in each image are told, and how its variables begin. The test run
# compares the manuals with the programs.
PROGRAMS = {
    "omen-worker": (["src/app/omen-worker.1.scd", "src/supervise/omen-supervise.1.scd"], ("OMEN_",)),
    "omen-sync": (["src/sync/omen-sync.1.scd", "tools/model-sync"], ("OMEN_SYNC_", "MODEL_")),
    "omen-nginx": (["tools/render-nginx"], ("OMEN_NGINX_",)),
    "omen": (["src/app/omen-worker.1.scd", "tools/render-nginx", "container/omen-serve"], ("OMEN_",)),
}


def promise(name):
    return rule(name, tool="omen")


@functools.cache
def text_of(name):
    path = ROOT / name
    return path.read_text(encoding="utf-8").replace("\\_", "_") if path.exists() else ""


def project_version():
    return re.search(r"version: '([^']+)'", text_of("meson.build"))[1]


def seconds(text):
    found = SECONDS.fullmatch(text)
    return int(found[1]) * UNITS[found[2]] if found else 0


def is_variable(name, known):
    """It is in the program's text, or is one of its options in capitals."""
    option = re.sub(r"^OMEN_(SYNC_|NGINX_)?", "--", name).lower().replace("_", "-")
    return re.search(rf"(?<!\w){name}(?!\w)|{option}(?![\w-])", known) is not None


@promise("options")
def options(bundle):
    """Arguments and variables are such as the image's program knows."""
    for work in bundle.everything():
        for one in work.containers:
            pages, prefixes = PROGRAMS.get(image_name(one.get("image", "")), ([], ()))
            known = "\n".join(text_of(page) for page in pages)
            words = (one.get("command") or []) + (one.get("args") or [])
            if words and words[0] == "nginx":
                continue  # itself, with a configuration of its own
            for argument in words:
                option = argument.split("=")[0]
                if option.startswith("--") and not re.search(rf"{option}(?![\w-])", known):
                    yield work.document, f"container {one['name']}: the program has no {option}"
            for name, _ in bundle.variables(one):
                if name.startswith(prefixes) and not is_variable(name, known):
                    yield work.document, f"container {one['name']}: nobody reads {name}"


@promise("checks")
def checks(bundle):
    """A probe by the worker's own program asks what it can tell, where the socket is."""
    for work in bundle.everything():
        for one in work.containers:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                command = ((one.get(probe) or {}).get("exec") or {}).get("command")
                if command is None:
                    continue
                words = ["/usr/bin/omen-worker", "--check"], ("ready", "live")
                if command[:2] != words[0] or len(command) < 3 or command[2] not in words[1]:
                    yield work.document, f"container {one['name']}: {probe} runs {command}"
                mounts = [mount["mountPath"] for mount in one.get("volumeMounts") or []]
                if len(command) > 3 and str(pathlib.Path(command[3]).parent) not in mounts:
                    yield work.document, f"container {one['name']}: {command[3]} is on no volume"


def has_location(path):
    """Whether the template has one for a path, by its name or by a pattern."""
    template = text_of("conf/nginx.conf.in")
    patterns = re.findall(r'location ~ "(.*?)" \{', template, re.S)
    return f"location = {path} {{" in template or any(
        re.search(one.replace(r"\z", r"\Z"), path) for one in patterns
    )


@promise("paths")
def paths(bundle):
    """What probes ask of nginx is answered by the template."""
    for work in bundle.everything():
        for one in work.containers:
            if image_name(one.get("image", "")) not in ("omen-nginx", "omen") or one.get("command"):
                continue
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                path = ((one.get(probe) or {}).get("httpGet") or {}).get("path")
                if path is not None and not has_location(path):
                    yield work.document, f"container {one['name']}: nginx has no {path}"


SCRAPED = ("prometheus.io/port", "prometheus.kserve.io/port")


def listening(bundle, container):
    """The ports that the program in a container listens on, by its settings; None: not known here."""
    image, values = image_name(container.get("image", "")), dict(bundle.variables(container))
    if image in ("omen-nginx", "omen") and not container.get("command"):
        named = [values.get(f"OMEN_NGINX_{name}PORT") for name in ("METRICS_", "TLS_")]
        return {int(port) for port in [values.get("OMEN_NGINX_PORT", "8080"), *named] if port}
    if image == "omen-sync":
        return {int(values["OMEN_SYNC_LISTEN"].rpartition(":")[2])} if "OMEN_SYNC_LISTEN" in values else set()
    return None


@promise("ports")
def ports(bundle):
    """Whatever a container or a note for Prometheus calls a port, somebody listens there."""
    for work in bundle.everything():
        open_ports = set()
        for one in work.containers:
            mine = listening(bundle, one)
            open_ports |= mine or set()
            for port in one.get("ports") or []:
                if mine is not None and port["containerPort"] not in mine:
                    yield work.document, f"container {one['name']}: nothing listens on {port['containerPort']}"
        notes = {**work.annotations, **(work.document["spec"].get("annotations") or {})}
        for key in SCRAPED:
            if key in notes and int(notes[key]) not in open_ports:
                yield work.document, f"{key}: nothing listens on {notes[key]}"


@promise("bodies")
def bodies(bundle):
    """Bodies that nginx sets aside are in files, and those in memory: a volume on the disk that is full has
    the pod evicted, whoever sent them."""
    for work in bundle.everything():
        volumes = {one["name"]: one.get("emptyDir") or {} for one in work.pod.get("volumes") or []}
        for one in work.containers:
            if image_name(one.get("image", "")) not in ("omen-nginx", "omen") or one.get("command"):
                continue
            if "OMEN_NGINX_BODY_BUFFER" not in dict(bundle.variables(one)):
                yield work.document, f"container {one['name']}: nginx keeps bodies of any size in its own memory"
            mount = next((m for m in one.get("volumeMounts") or [] if m["mountPath"] == "/tmp"), {})
            place = volumes.get(mount.get("name"), {})
            if place.get("medium") != "Memory" or "sizeLimit" not in place:
                yield work.document, f"container {one['name']}: /tmp is no volume in memory with a limit"


@promise("version")
def version(bundle):
    """Images and labels are of the version that this tree is."""
    for work in bundle.everything():
        for one in work.containers:
            if image_tag(one.get("image", "")) != project_version():
                yield work.document, f"container {one['name']}: {one['image']} is not this version"
        label = work.labels.get("app.kubernetes.io/version", project_version())
        if label != project_version():
            yield work.document, "its label app.kubernetes.io/version is not this version"


@promise("shutdown")
def shutdown(bundle):
    """The grace period is enough for nginx's hook, its longest request and the worker's drain."""
    for work in bundle.workloads():
        nginx, worker = work.container("nginx"), work.container("worker")
        if nginx is None or worker is None:
            continue
        hook = (nginx.get("lifecycle") or {}).get("preStop") or {}
        pause = (hook.get("sleep") or {}).get("seconds", 0)
        if "--drain" in (hook.get("exec") or {}).get("command", []):
            pause = int(dict(bundle.variables(nginx)).get("OMEN_NGINX_DRAIN_TIME", "2"))
        if pause < LEAVING:
            yield work.document, f"nginx ends less than {LEAVING} s after it was told"
        drain = dict(bundle.variables(worker)).get("OMEN_DRAIN_TIMEOUT", "25s")
        limit = SHUTDOWN.search(text_of("conf/nginx.conf.in"))
        needed = pause + int(limit[1]) + seconds(drain)
        if work.pod.get("terminationGracePeriodSeconds", 30) <= needed:
            yield work.document, f"the grace period is not above {needed:g} s"


@promise("order")
def order(bundle):
    """nginx is the main container, and what it needs starts before it and ends after it."""
    for work in bundle.workloads():
        if work.container("worker") is None:
            continue
        if [one["name"] for one in work.main_containers] != ["nginx"]:
            yield work.document, "nginx is not the one main container"
        names = [one["name"] for one in work.containers if one["name"] in STARTED]
        if names != [one for one in STARTED if one in names]:
            yield work.document, "its containers do not start in the order " + ", ".join(STARTED)
        sidecar = work.container("worker")
        if sidecar.get("restartPolicy") != "Always" or not sidecar.get("startupProbe"):
            yield work.document, "the worker is no sidecar that is waited for"


def lets_in(policy, source, target, port):
    """Whether a policy of the target lets the source's pods come to a port."""
    numbers = {
        one.get("name"): one["containerPort"] for pod in target.containers for one in pod.get("ports") or []
    }
    for entry in policy["spec"].get("ingress") or []:
        peers = [one for one in entry.get("from") or [] if "namespaceSelector" not in one]
        known = not entry.get("from") or any(matches(one.get("podSelector"), source.labels) for one in peers)
        ports = [numbers.get(one.get("port"), one.get("port")) for one in entry.get("ports") or []]
        if known and (not ports or port in ports):
            return True
    return False


@promise("both-ends")
def both_ends(bundle):
    """Where a policy names the pods that its own may go to, theirs lets them in."""
    policies = bundle.of_kind("NetworkPolicy")
    for policy in policies:
        sources = [one for one in bundle.workloads() if matches(policy["spec"].get("podSelector"), one.labels)]
        ways = [(to, port) for entry in policy["spec"].get("egress") or [] for to in entry.get("to") or []
                for port in entry.get("ports") or []]
        for target in bundle.workloads():
            theirs = [one for one in policies if matches(one["spec"].get("podSelector"), target.labels)]
            for to, port in ways:
                if not theirs or not matches(to.get("podSelector"), target.labels):
                    continue
                for source in sources:
                    if not any(lets_in(one, source, target, port.get("port")) for one in theirs):
                        yield policy, f"{target.name} does not let {source.name} in"


@promise("user")
def user(bundle):
    """The images' own user, so that a socket of mode 0660 and the models are theirs."""
    for work in bundle.runtimes():
        for one in work.containers:
            for key in ("runAsUser", "runAsGroup"):
                if work.security(one, key) != 10001:
                    yield work.document, f"container {one['name']}: {key} is not 10001"


@promise("writable")
def writable(bundle):
    """What the programs write to is a volume: the root is read-only."""
    needed = {"omen-worker": ["/run/omen"], "omen-nginx": ["/tmp"], "omen": ["/run/omen", "/tmp"]}
    for work in bundle.runtimes():
        for one in work.containers:
            mounts = {mount["mountPath"]: mount for mount in one.get("volumeMounts") or []}
            for path in needed.get(image_name(one.get("image", "")), []):
                if path not in mounts or mounts[path].get("readOnly"):
                    yield work.document, f"container {one['name']}: nothing to write to at {path}"
