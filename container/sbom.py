"""A software bill of materials (CycloneDX) of an image's files, from what dpkg and the linker say."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import urllib.parse

FIELDS = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
MEMBER = re.compile(r"^(/[^()\s]+\.a)\(", re.MULTILINE)
# What a package makes when it is installed.
MADE = {"/etc/ssl/certs/ca-certificates.crt": "ca-certificates"}
OBJECT = re.compile(r"^LOAD (/usr/\S+\.o)$", re.MULTILINE)


def other_names(path):
    """A file of /usr/lib may be known by the name that it had in /lib, and the other way round."""
    return [path, path.removeprefix("/usr") if path.startswith("/usr/") else "/usr" + path]


def find_owners(paths):
    """{path: package}, as dpkg names it, of those that belong to one; others were built here."""
    names = [name for path in paths for name in other_names(path)]
    # Its status says no more than that one of them is in no package.
    done = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False)
    known = {}
    for line in done.stdout.splitlines():
        package, _, name = line.partition(": ")
        known[name] = package.split(",")[0]
    owners = {path: MADE[path] for path in paths if path in MADE}
    for path in paths:
        for name in other_names(path):
            if name in known:
                owners.setdefault(path, known[name])
    return owners


def linked_statically(maps, program):
    """The static libraries and start-up files in a program, by the linker's own word."""
    path = pathlib.Path(maps or "/nonexistent") / f"{os.path.basename(program)}.map"
    if not path.exists():
        return set()
    text = path.read_text(encoding="utf-8", errors="replace")
    return {os.path.realpath(name) for name in MEMBER.findall(text) + OBJECT.findall(text)}


def collect(origins, maps):
    """What each package gave: {package: ({paths}, {programs that it was linked into})}, and the paths
    of what was built here."""
    linked = {inside: linked_statically(maps, source) for inside, source in origins.items()}
    owners = find_owners(sorted(set(origins.values()).union(*linked.values())))
    packages, own = {}, []
    for inside, source in origins.items():
        if source in owners:
            packages.setdefault(owners[source], (set(), set()))[0].add(inside)
            continue
        own.append(inside)
        for package in {owners[library] for library in linked[inside] if library in owners}:
            packages.setdefault(package, (set(), set()))[1].add(inside)
    return packages, sorted(own)


def occurrences(paths):
    return {"occurrences": [{"location": path} for path in sorted(paths)]}


def read_fields(packages):
    """{package: (name, version, architecture, source, its version)}"""
    if not packages:
        return {}
    command = ["dpkg-query", "-W", "-f", FIELDS, *packages]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        name, *rest = line.split("\t")
        found[name] = found[f"{name}:{rest[1]}"] = (name, *rest)
    return {package: found[package] for package in packages}


def describe_package(fields, copied, linked):
    name, version, architecture, source, source_version = fields
    quoted = urllib.parse.quote(version, safe="")
    upstream = urllib.parse.quote(f"{source}@{source_version}", safe="")
    purl = f"pkg:deb/debian/{name}@{quoted}?arch={architecture}&distro=debian-12&upstream={upstream}"
    properties = [{"name": "omen:copied", "value": path} for path in sorted(copied)]
    properties += [{"name": "omen:linked-into", "value": path} for path in sorted(linked)]
    return {
        "type": "library",
        "bom-ref": purl,
        "supplier": {"name": "Debian"},
        "name": name,
        "version": version,
        "purl": purl,
        "properties": properties,
        "evidence": occurrences(copied | linked),
    }


def describe(image, origins, maps, seconds):
    """The document, as text; the same input gives the same bytes."""
    name, version = image
    packages, own = collect(origins, maps)
    components = [
        {
            "type": "application",
            "bom-ref": f"omen@{version}",
            "name": "omen",
            "version": version,
            "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
            "evidence": occurrences(own),
        }
    ]
    fields = read_fields(sorted(packages))
    components += [describe_package(fields[package], *packages[package]) for package in sorted(packages)]
    stamp = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "authors": [{"name": "the makers of omen"}],
            "component": {"type": "container", "bom-ref": name, "name": name, "version": version},
        },
        "components": components,
        "dependencies": [
            {"ref": name, "dependsOn": [component["bom-ref"] for component in components]}
        ],
    }
    return json.dumps(document, indent=1) + "\n"
