"""The document of all that is served: true of every answer, and every example in it works."""

import json
import shutil

import jsonschema
import pytest

import harness

EXPORTED = harness.ROOT / "tests" / "golden" / "exported"
# Words, numbers as words, missing values, free texts, classes that are numbers, several targets,
# float32, forests, one field and sixty-four of them.
EVERY = 9  # of the exported models, one in so many


def chosen_models():
    every = sorted(path.parent.name for path in EXPORTED.glob("*/model.json"))
    samples = (harness.ROOT / "tests" / "golden" / "samples.txt").read_text().splitlines()
    names = {line.split()[1].split("/")[0] for line in samples if line and line[0] != "#"}
    return sorted(names | set(every[::EVERY]))


@pytest.fixture(scope="module")
def site(shared):
    """(nginx, the document) of a directory of many kinds of models."""
    for name in chosen_models():
        shutil.copy(EXPORTED / name / "model.json", f"{shared.models}/{name}.json")
    worker = shared.worker()
    nginx = shared.nginx(worker.peer)
    harness.wait_for(
        lambda: all(one["state"] == "live" for one in worker.status()["models"])
        and len(worker.status()["models"]) == len(chosen_models()),
        "every model is live",
        60,
    )
    status, headers, body = nginx.ask("GET", "/openapi.json")
    assert status == 200 and headers["content-type"] == "application/json"
    return nginx, harness.parse_json(body)


def resolver(document):
    return jsonschema.RefResolver("", document)


def judge(document, schema, value):
    jsonschema.Draft202012Validator(schema, resolver=resolver(document)).validate(value)


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def answer_schema(document, operation, status):
    responses = operation["responses"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response["content"]["application/json"]["schema"]


def test_the_schemas_are_schemas(site):
    _, document = site
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(site):
    _, document = site

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                resolver(document).resolve(value["$ref"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)


def test_parameters_are_those_of_the_path(site):
    _, document = site
    for path, _, operation in operations(document):
        for name in ("model", "version", "label"):
            used = [ref["$ref"].rsplit("/", 1)[1] for ref in operation.get("parameters", [])]
            assert (f"{{{name}}}" in path) == (name in used), path


def test_every_example_is_valid_and_answered(site):
    nginx, document = site
    asked = 0
    for path, method, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        for kind, media in content.items():
            examples = [one["value"] for one in media.get("examples", {}).values()]
            examples += [media["example"]] if "example" in media else []
            for example in examples:
                is_text = isinstance(example, str)
                body = example.encode() if is_text else harness.encode(example)
                if not is_text:
                    judge(document, media["schema"], example)
                status, _, answer = nginx.ask(
                    method.upper(), path, body, {"Content-Type": kind}
                )
                assert status == 200, (path, kind, body, answer)
                if "application/json" in operation["responses"]["200"]["content"]:
                    schema = answer_schema(document, operation, 200)
                    judge(document, schema, harness.parse_json(answer))
                asked += 1
    assert asked >= 2 * len(chosen_models())


def test_the_answer_in_the_document_is_the_trainers(site):
    nginx, document = site
    compared = 0
    for model in document["x-models"]:
        operation = document["paths"][f"/predict/{model['name']}"]["post"]
        media = operation["requestBody"]["content"]["application/json"]
        expected = operation["responses"]["200"]["content"]["application/json"].get("example")
        if expected is None:
            continue
        status, answer, _ = nginx.post(
            f"/predict/{model['name']}", media["examples"]["in order"]["value"]
        )
        assert status == 200
        if isinstance(expected["prediction"], str):
            assert answer == expected
        else:
            assert json.dumps(answer) == json.dumps(expected) or answer[
                "prediction"
            ] == pytest.approx(expected["prediction"], rel=1e-6, abs=1e-6)
        compared += 1
    assert compared > len(chosen_models()) / 2


def test_what_the_schema_refuses_is_refused(site):
    """The other way round: a row that the document calls wrong is answered 400, in its words."""
    nginx, document = site
    refused = 0
    for model in document["x-models"]:
        name = model["name"]
        operation = document["paths"][f"/predict/{name}"]["post"]
        media = operation["requestBody"]["content"]["application/json"]
        row = media["examples"]["by name"]["value"]["input"]
        schema = document["components"]["schemas"][f"{name}.row"]
        for field, about in schema["properties"].items():
            wrong = [{"input": {**row, "not a field of it": 1}}]
            if field in schema["required"]:
                wrong.append({"input": {key: row[key] for key in row if key != field}})
            if "enum" in about:
                wrong.append({"input": {**row, field: "no such word"}})
            if "maximum" in about:
                wrong.append({"input": {**row, field: about["maximum"] * 2 + 1}})
            if about["x-on-missing"] == "reject":
                wrong.append({"input": {**row, field: None}})
            if about.get("type") == "number":
                wrong.append({"input": {**row, field: "a word"}})
            for body in wrong:
                with pytest.raises(jsonschema.ValidationError):
                    judge(document, media["schema"], body)
                status, answer, _ = nginx.post(f"/predict/{name}", body)
                assert status == 400, (name, field, answer)
                judge(document, answer_schema(document, operation, 400), answer)
                refused += 1
            if refused % 7 == 0:  # not every field of every model
                break
    assert refused > 100


def test_routes_of_a_platform_are_described(rig, monkeypatch):
    """Where Vertex AI wants them, and what is off is not there."""
    shutil.copy(EXPORTED / "iris" / "model.json", f"{rig.models}/iris.json")
    plain = json.loads(rig.worker().ask("GET", "/openapi.json").body)
    assert not [path for path in plain["paths"] if path.startswith(("/models", "AIP"))]
    places = {"AIP_HEALTH_ROUTE": "/health/of:it", "AIP_PREDICT_ROUTE": "/endpoints/1:predict"}
    for name, path in places.items():
        monkeypatch.setenv(name, path)
    worker = rig.worker(sagemaker_models=rig.models)
    document = json.loads(worker.ask("GET", "/openapi.json").body)
    assert document["paths"]["/health/of:it"]["get"]["operationId"] == "vertex_health"
    assert document["paths"]["/endpoints/1:predict"]["post"]["operationId"] == "vertex_predict"
    assert set(document["paths"]["/models"]) == {"get", "post"}
    assert set(document["paths"]["/models/{model}"]) == {"get", "delete"}


def test_the_document_follows_the_models(rig):
    worker = rig.worker(ready=False).await_up()
    assert json.loads(worker.ask("GET", "/openapi.json").body)["x-models"] == []
    shutil.copy(EXPORTED / "iris" / "model.json", f"{rig.models}/iris.json")
    worker.await_version("iris", 1, input=[1, 2, 3, 4])
    document = json.loads(worker.ask("GET", "/openapi.json").body)
    assert [model["name"] for model in document["x-models"]] == ["iris"]
    assert "/predict/iris" in document["paths"]
    (harness.pathlib.Path(rig.models) / "iris.json").unlink()
    harness.wait_for(
        lambda: "/predict/iris"
        not in json.loads(worker.ask("GET", "/openapi.json").body)["paths"],
        "the document has forgotten the model",
    )


def test_a_document_that_is_known_is_not_sent_again(rig):
    shutil.copy(EXPORTED / "iris" / "model.json", f"{rig.models}/iris.json")
    worker = rig.worker().await_version("iris", 1, input=[1, 2, 3, 4])
    nginx = rig.nginx(worker.peer)
    status, headers, body = nginx.ask("GET", "/openapi.json")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    tag = headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        status, headers, body = nginx.ask("GET", "/openapi.json", headers={"If-None-Match": known})
        assert (status, headers.get("etag"), body) == (304, tag, b""), known
    status, headers, body = nginx.ask("GET", "/openapi.json", headers={"If-None-Match": '"other"'})
    assert (status, headers["etag"]) == (200, tag) and json.loads(body)
    (harness.pathlib.Path(rig.models) / "iris.json").unlink()
    harness.wait_for(
        lambda: nginx.ask("GET", "/openapi.json", headers={"If-None-Match": tag})[0] == 200,
        "another document has another tag",
    )


def test_the_page_with_a_slash(site):
    nginx, _ = site
    status, headers, body = nginx.ask("GET", "/docs/")
    assert (status, headers["location"].endswith("../docs"), body) == (301, True, b"")
