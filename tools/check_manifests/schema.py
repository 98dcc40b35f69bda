"""Strict schemas: Kubernetes' own of each version, and those of custom resources."""

import ast
import functools
import json
import pathlib
import re
import subprocess

OLDEST = "1.29"
# Members that came later than the oldest version: a rendering with one is judged from there on.
SINCE = {"components/models-image": "1.31"}
HERE = pathlib.Path(__file__).resolve().parent
SIMPLE = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
KSERVE = {"ClusterServingRuntime": "V1alpha1ClusterServingRuntime",
          "InferenceService": "V1beta1InferenceService"}


def numbers(version):
    return [int(part) for part in version.split(".")[:2]]


@functools.cache
def versions():
    """Every version of Kubernetes from the oldest on that the package knows."""
    import kubernetes_validate

    known = dict.fromkeys(kubernetes_validate.utils.all_versions())
    return [one for one in known if numbers(one) >= numbers(OLDEST)]


def schema_folder(version):
    import kubernetes_validate

    package = pathlib.Path(kubernetes_validate.__file__).parent
    return package / "kubernetes-json-schema" / f"v{version}-local-strict"


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def definitions(version):
    return load(schema_folder(version) / "_definitions.json")


def faults(schema, shared, document):
    """What a schema finds, as sentences. `shared` is the schema that it refers to, by its $id."""
    import jsonschema
    import referencing

    registry = referencing.Registry()
    if shared:
        registry = referencing.Resource.from_contents(shared) @ registry
    validator = jsonschema.Draft202012Validator(schema, registry=registry)
    for error in validator.iter_errors(document):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def is_own(document):
    """Of Kubernetes itself, by its group."""
    group = document["apiVersion"].rpartition("/")[0]
    own = "." not in group or group.endswith(".k8s.io")
    return own and group != "gateway.networking.k8s.io"


def kubernetes_faults(document, version):
    """None of a kind that is not Kubernetes' own."""
    if not is_own(document):
        return None
    group, _, name = document["apiVersion"].rpartition("/")
    prefix = f"{group.split('.')[0]}-" if group else ""
    path = schema_folder(version) / f"{document['kind'].lower()}-{prefix}{name}.json"
    if not path.exists():
        return [f"there is no {document['apiVersion']} {document['kind']}"]
    return list(faults(load(path), definitions(version), document))


class KServe:
    """JSON schemas of the classes that KServe's package for Python describes its objects with."""

    def __init__(self):
        import importlib.util

        found = importlib.util.find_spec("kserve").submodule_search_locations[0]
        self.models = pathlib.Path(found) / "models"
        # Of Kubernetes' newest version: what it says of containers and pods.
        newest = definitions(versions()[-1])
        self.whole = {**newest, "$defs": dict(newest["$defs"])}
        self.shared = self.whole["$defs"]
        self.short = {name.rsplit(".", 1)[-1]: name for name in self.shared if ".api.core." in name}

    def kind_of(self, text):
        """A type in the classes' words as a schema."""
        if text in SIMPLE:
            return {"type": SIMPLE[text]}
        inner = re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", text)
        if inner and inner[1]:
            return {"type": "array", "items": self.kind_of(inner[1])}
        if inner:
            return {"type": "object", "additionalProperties": self.kind_of(inner[2])}
        if self.class_file(text).exists():
            self.add(text)
            return self.reference(text)
        plain = self.short.get(re.sub(r"^V1(?=[A-Z])", "", text))
        return self.reference(plain) if plain else {}

    def reference(self, name):
        return {"$ref": f"{self.whole['$id']}#/$defs/{name}"}

    def class_file(self, name):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
        return self.models / f"{words}.py"

    def add(self, name):
        """A class's schema among the shared ones: the members it names, and no others."""
        if name in self.shared:
            return
        schema = self.shared[name] = {"type": "object", "additionalProperties": False}
        source = self.class_file(name).read_text(encoding="utf-8")
        body = next(one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)).body
        tables = {
            one.targets[0].id: ast.literal_eval(one.value)
            for one in body
            if isinstance(one, ast.Assign) and one.targets[0].id in ("openapi_types", "attribute_map")
        }
        names = tables["attribute_map"]
        kinds = tables["openapi_types"].items()
        schema["properties"] = {names[key]: self.kind_of(kind) for key, kind in kinds}
        needed = re.findall(r"Invalid value for `(\w+)`, must not be `None`", source)
        schema["required"] = [names[key] for key in needed]

    def faults(self, document):
        name = KSERVE[document["kind"]]
        self.add(name)
        return list(faults(self.shared[name], self.whole, document))


@functools.cache
def kserve():
    return KServe()


def custom_faults(document):
    """Of kinds that only this folder or KServe's package describes; None for the others."""
    if document["apiVersion"].startswith("serving.kserve.io/"):
        return kserve().faults(document)
    path = HERE / "schemas" / f"{document['kind']}.json"
    return list(faults(load(path), {}, document)) if path.exists() else None


def typed_faults(documents, environment):
    """By the packages of npm: for each object a list, or None."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", (HERE / "typed.mjs").read_text(encoding="utf-8")],
        cwd=environment,
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"typed.mjs: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def check(bundles, environment):
    """Yields (schema, bundle, object, what is wrong). The same object is judged once."""
    seen = {}
    for bundle in bundles:
        for document in bundle.documents:
            key = (SINCE.get(bundle.name, OLDEST), json.dumps(document, sort_keys=True))
            seen.setdefault(key, (bundle, document))
    objects = list(seen.items())
    typed = typed_faults([document for _, (_, document) in objects], environment)
    for ((oldest, _), (bundle, document)), by_type in zip(objects, typed):
        known = by_type is not None
        for text in by_type or []:
            yield "kubernetes-models", bundle, document, text
        for version in [one for one in versions() if numbers(one) >= numbers(oldest)]:
            found = kubernetes_faults(document, version)
            known = known or found is not None
            for text in found or []:
                yield f"kubernetes {version}", bundle, document, text
        found = custom_faults(document)
        for text in found or []:
            yield "schema", bundle, document, text
        if not known and found is None:
            yield "schema", bundle, document, "nobody knows this kind"
