"""s3:// against moto, which checks every signature as botocore makes it, directly and through a proxy
that spoils what it says."""

import datetime
import hashlib
import json
import time
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import servers
from clouds import REGION
from shared_faults import BYTES, SharedFaults, fill


@pytest.fixture(scope="module")
def moto(s3_server):
    fill(s3_server.put)
    s3_server.put("m/risk/", b"")
    return s3_server


@pytest.fixture
def front(moto, faults):
    return faults(moto.port)


@pytest.fixture
def environment(moto):
    return moto.environment()


@pytest.fixture
def probe(make_probe, moto, front, environment):
    return make_probe("s3://models/m", environment, secrets=[moto.secret], endpoint=front.url)


def test_the_server_is_strict(make_probe, moto, environment):
    """Else what follows would prove nothing."""
    environment["AWS_SECRET_ACCESS_KEY"] = moto.secret[:-1] + "?"
    answer = make_probe("s3://models/m", environment, endpoint=moto.url).list()
    assert answer.failure == "auth" and "SignatureDoesNotMatch" in answer.error


def test_a_listing_of_all_pages_below_the_prefix_only(probe, moto, front):
    for i in range(5):
        moto.put(f"m/many/{i:02}", b"1")
    names = probe.list().names()
    assert names == [f"many/{i:02}" for i in range(5)] + ["risk/3/empty", "risk/3/model.onnx"]
    assert probe.list("risk/").names() == ["risk/3/empty", "risk/3/model.onnx"]


def test_more_than_one_page(probe, front):
    """Whatever a token looks like, it goes back as it came."""

    def page(name, rest):
        entry = f"<Contents><Key>m/{name}</Key><Size>1</Size><ETag>x</ETag></Contents>"
        return f"<ListBucketResult>{entry}{rest}</ListBucketResult>".encode()

    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>a+/= &amp;b</NextContinuationToken>"
    front.add("answer", ".*", status=200, body=page("a", more))
    front.add("answer", ".*", status=200, body=page("b", "<IsTruncated>false</IsTruncated>"))
    assert probe.list().names() == ["a", "b"]
    assert "continuation-token=a%2B%2F%3D%20%26b&" in front.seen[1].path


def test_more_than_one_page_of_the_server(probe, moto, request):
    if not request.config.getoption("--all", False):
        pytest.skip("a thousand uploads: with --all")
    for i in range(1100):
        moto.put(f"pages/{i:04}", b"")
    probe.url = "s3://models/pages"
    assert probe.list().names() == [f"{i:04}" for i in range(1100)]


def test_a_listing_tells_size_tag_and_digest(probe):
    found = {thing["name"]: thing for thing in probe.list().objects()}["risk/3/model.onnx"]
    digest = hashlib.md5(BYTES).hexdigest()
    assert found["size"] == len(BYTES) and found["revision"] == f'"{digest}"' and found["md5"] == digest
    looked = probe.look("risk/3/model.onnx").objects()[0]
    assert {name: looked[name] for name in ("size", "revision", "md5")} == {
        name: found[name] for name in ("size", "revision", "md5")
    }


def test_a_tag_of_several_parts_is_no_digest(probe, moto):
    upload = moto.s3.create_multipart_upload(Bucket="models", Key="m/parts")["UploadId"]
    part = {"Bucket": "models", "Key": "m/parts", "UploadId": upload}
    tag = moto.s3.upload_part(PartNumber=1, Body=b"a" * 10, **part)["ETag"]
    moto.s3.complete_multipart_upload(MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]}, **part)
    found = probe.look("parts").objects()[0]
    assert found["revision"].endswith('-1"') and "md5" not in found
    answer, data = probe.get("parts")
    assert answer.good and data == b"a" * 10


def test_a_tag_of_an_encrypted_object_is_no_digest(probe, front):
    kms = {"x-amz-server-side-encryption": "aws:kms", "ETag": f'"{"ab" * 16}"'}
    front.add("answer", "/models/m/sealed", "HEAD", status=200, body=b"12345", headers=kms)
    found = probe.look("sealed").objects()[0]
    assert found["size"] == 5 and "md5" not in found


def test_a_download_in_parts_is_the_objects_bytes(probe, front):
    answer, data = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and data == BYTES
    parts = [seen for seen in front.seen if "Range" in seen.headers]
    assert len(parts) == 6 and all(seen.headers["If-Match"] for seen in parts)
    assert all(seen.headers["Accept-Encoding"] == "identity" for seen in parts)
    answer, data = probe.get("risk/3/empty")
    assert answer.good and data == b""


@pytest.mark.parametrize("name", ["a b+c%25&=é", "x!(y)*'z", "a;b,c:d@e$f", "~t-._", "q?r", "%41"])
def test_names_that_are_hard_to_sign(probe, moto, name):
    moto.put(f"m/hard/{name}", name.encode())
    answer, data = probe.get(f"hard/{name}")
    assert answer.good and data == name.encode(), answer.error
    assert f"hard/{name}" in probe.list().names()


def test_an_object_that_is_replaced_in_the_middle_is_an_error(probe, moto, front):
    moto.put("m/replaced", BYTES)
    front.add("then_do", "replaced", "GET", after=1, then=lambda: moto.put("m/replaced", bytes(len(BYTES))))
    answer, _ = probe.get("replaced", part=500_000, lanes=1)
    assert answer.failure == "changed"


# The signer against botocore's, which is the reference.


def botocore_authorization(method, url, headers, key, secret, token):
    request = botocore.awsrequest.AWSRequest(method=method, url=url)
    for name, value in headers.items():
        request.headers[name] = value
    request.context["payload_signing_enabled"] = False
    credentials = botocore.credentials.Credentials(key, secret, token)
    signer = botocore.auth.S3SigV4Auth(credentials, "s3", REGION)
    signer._inject_signature_to_request  # exists, or this test is of another botocore
    when = headers["x-amz-date"]
    request.context["timestamp"] = when
    del request.headers["x-amz-date"]
    request.headers["X-Amz-Date"] = when
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request)


@pytest.mark.parametrize("token", [None, "session/token+=="])
def test_signatures_are_botocores(probe, front, token):
    """Every kind of request that was sent is signed once more by botocore."""
    front.rules.clear()
    probe.environment.update(AWS_ACCESS_KEY_ID="AKIAOTHER", AWS_SECRET_ACCESS_KEY="s/e+c=r")
    if token is not None:
        probe.environment["AWS_SESSION_TOKEN"] = token
    front.add("answer", ".*", status=404, times=1000)
    for call in (probe.list, lambda: probe.look("a b/é+"), lambda: probe.put("x*(y)", b"data")):
        call()
    assert len(front.seen) >= 3
    for seen in front.seen:
        authorization = dict(
            part.split("=", 1) for part in seen.headers["Authorization"].split(" ", 1)[1].split(", ")
        )
        signed = authorization["SignedHeaders"].split(";")
        headers = {name.lower(): value for name, value in seen.headers.items() if name.lower() in signed}
        assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(headers)
        assert (token is None) == ("x-amz-security-token" not in headers)
        wanted = botocore_authorization(
            seen.method, front.url + seen.path, headers, "AKIAOTHER", "s/e+c=r", token
        )
        assert authorization["Signature"] == wanted, seen


# Addresses and regions.


def test_the_bucket_in_the_hosts_name(probe, front):
    front.add("answer", "/", status=200, body=b"<ListBucketResult/>")
    probe.options["endpoint"] = f"http://{{bucket}}.localhost:{front.port}"
    assert probe.list().names() == []
    assert front.seen[0].headers["Host"] == f"models.localhost:{front.port}"
    assert front.seen[0].path.startswith("/?")


def test_another_region_is_learned_from_a_refusal(probe, front):
    body = (
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong; expecting "
        "'eu-west-1'</Message><Region>eu-west-1</Region></Error>"
    )
    front.add("answer", ".*", status=400, body=body.encode())
    del probe.environment["AWS_REGION"]
    assert probe.list().good
    assert ["/us-east-1/" in front.seen[0].headers["Authorization"]] == [True]
    assert "/eu-west-1/" in front.seen[-1].headers["Authorization"]


def test_another_regions_address_is_gone_to(probe, front):
    front.add("answer", "^/us-east-1/", status=301, headers={"x-amz-bucket-region": REGION}, times=10)
    front.add("answer", f"^/{REGION}/", status=200, body=b"<ListBucketResult/>", times=10)
    del probe.environment["AWS_REGION"]
    probe.options["endpoint"] = f"{front.url}/{{region}}"
    assert probe.list().names() == []
    assert front.seen[-1].path.startswith(f"/{REGION}/models/?")
    assert f"/{REGION}/" in front.seen[-1].headers["Authorization"]


def test_a_wrong_clock_is_learned(probe, front):
    """The server says what time it is."""
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
    date = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    body = b"<Error><Code>RequestTimeTooSkewed</Code></Error>"
    ask = front.answer

    def answer(handler, rule):
        handler.date_time_string = lambda timestamp=None: date
        ask(handler, rule)

    front.answer = answer
    front.add("answer", ".*", status=403, body=body)
    probe.list()
    assert front.seen[1].headers["x-amz-date"][:11] == later.strftime("%Y%m%dT%H")


# Where keys come from.


def profile_files(folder, moto, name="default"):
    aws = folder / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        f"[{name}]\naws_access_key_id = {moto.id}\naws_secret_access_key = {moto.secret}\n"
    )
    section = name if name == "default" else f"profile {name}"
    (aws / "config").write_text(f"[{section}]\nregion = {REGION}\n")


def test_keys_of_the_default_profile(make_probe, moto, front, tmp_path):
    profile_files(tmp_path, moto)
    assert make_probe("s3://models/m", endpoint=front.url).list().good
    assert f"/{REGION}/" in front.seen[0].headers["Authorization"]


def test_keys_of_a_profile_that_is_named(make_probe, moto, front, tmp_path):
    profile_files(tmp_path, moto, "ops")
    probe = make_probe("s3://models/m", endpoint=front.url)
    assert probe.list().failure != "none"
    assert probe.list(profile="ops").good
    probe.environment["AWS_PROFILE"] = "ops"
    assert probe.list().good
    answer = probe.list(profile="nobody")
    assert answer.failure == "auth" and "has no keys" in answer.error


def config(tmp_path, text):
    aws = tmp_path / ".aws"
    aws.mkdir(exist_ok=True)
    (aws / "config").write_text(text)


def process_of(tmp_path, **keys):
    """A command that says keys, and nothing else of it may be seen."""
    script = tmp_path / "say keys"
    said = json.dumps({"Version": 1, **keys})
    script.write_text(f"#!/bin/sh\necho hidden words >&2\ncat <<'END'\n{said}\nEND\n")
    script.chmod(0o755)
    return f'"{script}" --for "models"'


def test_keys_that_a_command_of_the_profile_says(make_probe, moto, front, tmp_path):
    command = process_of(tmp_path, AccessKeyId=moto.id, SecretAccessKey=moto.secret)
    config(tmp_path, f"[default]\nregion = {REGION}\ncredential_process = {command}\n")
    probe = make_probe("s3://models/m", endpoint=front.url)
    probe.secrets = [moto.secret, "hidden"]
    assert probe.list().good
    process_of(tmp_path, AccessKeyId=moto.id)
    answer = probe.list()
    assert answer.failure == "auth" and "no AWS keys in what it says" in answer.error
    config(tmp_path, "[default]\ncredential_process = exit 3\n")
    answer = probe.list()
    assert answer.failure == "auth" and "ended with status 3" in answer.error
    config(tmp_path, "[default]\ncredential_process = yes\n")
    answer = probe.list()
    assert answer.failure == "auth" and "says too much" in answer.error


def test_keys_of_a_role_by_another_profile(make_probe, moto, front, tmp_path):
    """moto is asked for the role, and checks the signatures there and with the role's keys."""
    command = process_of(tmp_path, AccessKeyId=moto.id, SecretAccessKey=moto.secret)
    role = f"role_arn = {moto.ROLE}\nregion = {REGION}\n"
    config(
        tmp_path,
        f"[profile keys]\naws_access_key_id = {moto.id}\naws_secret_access_key = {moto.secret}\n"
        f"[profile said]\ncredential_process = {command}\n"
        f"[profile puller]\n{role}source_profile = keys\nexternal_id = e/1\nduration_seconds = 1800\n"
        f"[profile by-command]\n{role}source_profile = said\n"
        f"[profile own]\n{role}source_profile = own\naws_access_key_id = {moto.id}\n"
        f"aws_secret_access_key = {moto.secret}\n"
        f"[profile chained]\n{role}source_profile = puller\n"
        f"[profile environment]\n{role}credential_source = Environment\n"
        f"[profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = a\n"
        f"[profile device]\n{role}source_profile = keys\nmfa_serial = x\n"
        f"[profile bare]\n{role}",
    )
    probe = make_probe("s3://models/m", {"AWS_ENDPOINT_URL_STS": moto.url}, secrets=[moto.secret], endpoint=front.url)
    for profile in ("puller", "by-command", "own"):
        front.seen.clear()
        assert probe.list(profile=profile).good, profile
        assert moto.id not in front.seen[0].headers["Authorization"], profile
    for profile, word in {
        "nobody": "has no keys",
        "a": "more than 4",
        "device": "mfa_serial",
        "bare": "needs source_profile",
        "environment": "credential_source",
    }.items():
        answer = probe.list(profile=profile)
        assert answer.failure == "auth" and word in answer.error, (profile, answer.error)
    # Two roles, one after the other; and a secret that is not the profile's is refused by STS itself.
    assert probe.list(profile="chained").good
    config(
        tmp_path,
        f"[profile keys]\naws_access_key_id = {moto.id}\naws_secret_access_key = {moto.secret[:-1]}?\n"
        f"[profile puller]\n{role}source_profile = keys\n",
    )
    answer = probe.list(profile="puller")
    assert answer.failure == "auth" and "SignatureDoesNotMatch" in answer.error


def test_keys_of_a_role_by_the_environment(make_probe, moto, front, tmp_path):
    """A profile that is asked for is stronger than keys in the environment, which are its source."""
    config(tmp_path, f"[profile p]\nrole_arn = {moto.ROLE}\ncredential_source = Environment\nregion = {REGION}\n")
    environment = {**moto.environment(), "AWS_ENDPOINT_URL_STS": moto.url}
    probe = make_probe("s3://models/m", environment, secrets=[moto.secret], endpoint=front.url)
    assert probe.list(profile="p").good
    assert moto.id not in front.seen[0].headers["Authorization"]


class Services:
    """STS, a container's and an instance's metadata services, which give out moto's keys."""

    def __init__(self, moto):
        services = self
        self.seen, self.ready, self.life, self.refuse = [], 0.0, 3600, 0
        self.identities = {}

        def keys(token_name="Token"):
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + services.life))
            return {"AccessKeyId": moto.id, "SecretAccessKey": moto.secret, token_name: "", "Expiration": until}

        class Service(servers.Handler):
            def do_GET(self):
                services.seen.append((self.command, self.path, dict(self.headers)))
                if time.monotonic() < services.ready:
                    return self.reply(503)
                if self.path == "/container":
                    good = self.headers.get("Authorization") == "container-secret"
                    return self.reply(200, json.dumps(keys()).encode()) if good else self.reply(401)
                if self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
                    return self.reply(401)
                if self.path == "/latest/meta-data/iam/security-credentials/":
                    return self.reply(200, b"the-role")
                if self.path == "/latest/meta-data/iam/security-credentials/the-role":
                    return self.reply(200, json.dumps(keys()).encode())
                return self.reply(404)

            def do_PUT(self):
                services.seen.append((self.command, self.path, dict(self.headers)))
                if time.monotonic() < services.ready:
                    return self.reply(503)
                good = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
                return self.reply(200, b"imds-token") if good else self.reply(400)

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.body().decode()))
                services.seen.append((self.command, self.path, form))
                if services.refuse > 0:
                    services.refuse -= 1
                    return self.reply(400, b"<E><Error><Code>IDPCommunicationError</Code></Error></E>")
                if services.identities.get(form["WebIdentityToken"]) != form["RoleArn"]:
                    return self.reply(400, b"<E><Error><Code>AccessDenied</Code></Error></E>")
                xml = "".join(f"<{name}>{value or 'none'}</{name}>" for name, value in keys("SessionToken").items())
                return self.reply(200, f"<R><Credentials>{xml}</Credentials></R>".encode())

        self.server = servers.Server(Service)
        self.url = self.server.url


@pytest.fixture
def services(moto):
    made = Services(moto)
    yield made
    made.server.stop()


def test_keys_of_a_container(make_probe, services, front, tmp_path):
    token = tmp_path / "token"
    token.write_text("container-secret\n")
    environment = {
        "AWS_REGION": REGION,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{services.url}/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }
    probe = make_probe("s3://models/m", environment, secrets=["container-secret"], endpoint=front.url)
    assert probe.list().good
    token.write_text("other")
    assert probe.list().failure == "auth"
    probe.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/container"
    answer = probe.list()
    assert answer.failure == "auth" and "plain http" in answer.error


def test_keys_of_an_instance_that_begins_late(make_probe, services, front):
    services.ready = time.monotonic() + 1.5
    environment = {"AWS_REGION": REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url}
    probe = make_probe("s3://models/m", environment, secrets=["imds-token"], endpoint=front.url)
    assert probe.list(patience=20_000).good
    assert [method for method, _, _ in services.seen if method == "PUT"] and services.seen[-1][1].endswith("/the-role")


def test_nobody_has_keys(make_probe, front):
    probe = make_probe("s3://models/m", {"AWS_REGION": REGION}, endpoint=front.url)
    answer = probe.list(patience=200)
    assert answer.failure in ("auth", "transient") and "hop limit" in answer.error
    probe.environment["AWS_EC2_METADATA_DISABLED"] = "true"
    answer = probe.list()
    assert answer.failure == "auth" and "AWS_EC2_METADATA_DISABLED" in answer.error
    assert front.seen == []


def test_keys_of_a_web_identity(make_probe, services, front, tmp_path):
    token = tmp_path / "token"
    environment = {
        "AWS_REGION": REGION,
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ENDPOINT_URL_STS": services.url,
    }
    probe = make_probe("s3://models/m", environment, secrets=["web-identity"], endpoint=front.url)
    services.refuse = 1  # its provider was slow: passes
    token.write_text("web-identity")
    services.identities = {"web-identity": "arn:aws:iam::1:role/r"}
    answer = probe.list()
    assert answer.counts["retries"] == 1
    assert front.seen[0].headers["x-amz-security-token"] == "none"
    form = services.seen[-1][2]
    assert form["Action"] == "AssumeRoleWithWebIdentity" and form["RoleSessionName"] == "omen-sync"
    services.identities = {}
    answer = probe.list()
    assert answer.failure == "auth" and "AccessDenied" in answer.error


def test_a_web_identity_goes_to_no_plain_address(make_probe, front, tmp_path):
    (tmp_path / "token").write_text("web-identity")
    environment = {
        "AWS_REGION": REGION,
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ENDPOINT_URL_STS": "http://sts.example.com",
    }
    answer = make_probe("s3://models/m", environment, endpoint=front.url).list()
    assert answer.failure == "auth" and "https" in answer.error


def test_keys_that_end_soon_are_renewed(make_probe, services, front):
    services.life = 200  # less than the five minutes before
    environment = {"AWS_REGION": REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url}
    probe = make_probe("s3://models/m", environment, endpoint=front.url)
    answer, data = probe.get("risk/3/model.onnx", part=1_000_000)
    assert answer.good and data == BYTES
    assert sum(method == "PUT" for method, _, _ in services.seen) > 1


def test_keys_that_have_ended_are_renewed_once(make_probe, services, front):
    environment = {"AWS_REGION": REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url}
    probe = make_probe("s3://models/m", environment, endpoint=front.url)
    front.add("answer", "model.onnx", "GET", status=400, body=b"<Error><Code>ExpiredToken</Code></Error>", after=2)
    answer, data = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and data == BYTES
    assert sum(method == "PUT" for method, _, _ in services.seen) == 2


def test_anonymous_only_when_asked(probe, front):
    front.add("answer", ".*", status=200, body=b"<ListBucketResult/>")
    probe.environment.clear()
    assert not probe.list(patience=100).good and front.seen == []
    assert probe.list(anonymous="yes").good
    assert "Authorization" not in front.seen[0].headers


# Storms, cuts and other hosts.


@pytest.mark.parametrize(
    "status, code", [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), (400, "RequestTimeout")]
)
def test_a_storm_passes(probe, front, status, code):
    front.add("answer", ".*", status=status, body=f"<Error><Code>{code}</Code></Error>".encode(), times=3)
    answer = probe.list()
    assert answer.good and answer.counts["retries"] == 3


class TestFaults(SharedFaults):
    pass


def test_no_bucket_and_no_object_are_gone(probe, make_probe, environment, front):
    assert make_probe("s3://nothing-here", environment, endpoint=front.url).list().failure == "gone"
    assert probe.look("nothing").failure == "gone"


# Uploads.


def test_uploads_come_back(probe, moto, front):
    assert probe.put("new/1/file", BYTES).good
    assert moto.body("m/new/1/file") == BYTES
    assert probe.put("new/1/none", b"").good and moto.body("m/new/1/none") == b""
    assert probe.put_small("new/CURRENT", '{"version":1}').good
    assert probe.read("new/CURRENT").out == b'{"version":1}'
    assert all("Content-MD5" in seen.headers for seen in front.seen if seen.method == "PUT")


def test_preconditions_of_uploads(probe, moto):
    assert probe.put("pre", b"one").good
    first = f'"{hashlib.md5(b"one").hexdigest()}"'
    assert probe.put("pre", b"two").failure == "changed"
    assert probe.put("pre", b"two", first).good
    assert probe.put("pre", b"four", "*").good and moto.body("m/pre") == b"four"


def test_a_server_without_preconditions_is_looked_at_before(probe, moto, front):
    body = b"<Error><Code>NotImplemented</Code></Error>"
    front.add("answer", "plain", "PUT", status=501, body=body, times=10)
    rule = front.rules[0]
    takes = rule.takes
    rule.takes = lambda method, path: "If-None-Match" in front.seen[-1].headers and takes(method, path)
    assert probe.put("plain", b"one", retries=1).good and moto.body("m/plain") == b"one"
    assert probe.put("plain", b"two", retries=1).failure == "changed"


def test_an_upload_whose_reply_is_lost(probe, moto, front):
    front.add("lose_reply", ".*", "PUT")
    assert probe.put("lost", BYTES).good and moto.body("m/lost") == BYTES


def test_bytes_that_change_on_the_way_are_noticed(probe, front):
    ask = front.ask
    front.ask = lambda handler, body: ask(handler, body[:-1] + b"?" if handler.command == "PUT" else body)
    assert not probe.put("changed", b"right").good  # moto does not look at Content-MD5: its ETag tells
