"""az:// against Azurite, which checks shared keys, shared access signatures and (over https) tokens, directly
and through a proxy that spoils what it says."""

import base64
import datetime
import hashlib
import ipaddress
import json
import time
import urllib.parse

import pytest
import servers
from azure.core.exceptions import ResourceNotFoundError
from azure.storage import blob as azure
from clouds import ACCOUNT, KEY, Azurite
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from shared_faults import BYTES, SharedFaults, fill


@pytest.fixture(scope="module")
def azurite(az_server):
    server = az_server
    server.container = server.client.get_container_client("models")
    server.put = lambda name, data: server.container.upload_blob(name, data, overwrite=True)
    server.body = lambda name: server.container.download_blob(name).readall()
    fill(server.put)
    return server


@pytest.fixture
def front(azurite, faults):
    return faults(azurite.port)


@pytest.fixture
def environment():
    return {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_KEY": KEY}


@pytest.fixture
def probe(make_probe, front, environment):
    return make_probe("az://models/m", environment, secrets=[KEY], endpoint=f"{front.url}/{ACCOUNT}")


def test_the_server_checks_keys(probe):
    """Else what follows would prove nothing."""
    probe.environment["AZURE_STORAGE_KEY"] = base64.b64encode(b"other").decode()
    assert probe.list().failure == "auth"


def test_a_listing_below_the_prefix_only(probe):
    assert probe.list().names() == ["risk/3/empty", "risk/3/model.onnx"]
    assert probe.list("risk/").names() == ["risk/3/empty", "risk/3/model.onnx"]


def test_a_listing_of_several_pages(probe, front, azurite):
    """The page's size is cut down on the way, which the signature does not allow: by a signature in the
    query instead."""
    for i in range(7):
        azurite.put(f"pages/{i}", b"1")
    del probe.environment["AZURE_STORAGE_KEY"]
    probe.environment["AZURE_STORAGE_SAS_TOKEN"] = signature()
    ask = front.ask

    def fewer(handler, body):
        handler.path = handler.path.replace("maxresults=5000", "maxresults=3")
        return ask(handler, body)

    front.ask = fewer
    probe.url = "az://models/pages"
    assert probe.list().names() == [str(i) for i in range(7)]
    assert len(front.seen) == 3


def test_a_listing_tells_size_tag_and_digest(probe):
    found = {thing["name"]: thing for thing in probe.list().objects()}["risk/3/model.onnx"]
    assert found["size"] == len(BYTES) and found["md5"] == hashlib.md5(BYTES).hexdigest()
    assert probe.look("risk/3/model.onnx").objects()[0] == found


def test_a_download_in_parts_is_the_objects_bytes(probe, front):
    answer, data = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and data == BYTES
    parts = [seen for seen in front.seen if "Range" in seen.headers]
    assert len(parts) == 6 and all(seen.headers["If-Match"] for seen in parts)
    answer, data = probe.get("risk/3/empty")
    assert answer.good and data == b""


@pytest.mark.parametrize("name", ["a b+c%25&=é", "x!(y)*'z", "a;b,c:d@e$f", "q?r#s", "%41"])
def test_names_that_are_hard_to_sign(probe, azurite, name):
    azurite.put(f"m/hard/{name}", name.encode())
    answer, data = probe.get(f"hard/{name}")
    assert answer.good and data == name.encode(), answer.error
    assert f"hard/{name}" in probe.list("hard/").names()


def test_an_object_that_is_replaced_in_the_middle_is_an_error(probe, azurite, front):
    azurite.put("m/replaced", BYTES)
    front.add("then_do", "replaced", "GET", after=1, then=lambda: azurite.put("m/replaced", bytes(len(BYTES))))
    answer, _ = probe.get("replaced", part=500_000, lanes=1)
    assert answer.failure == "changed"


# Credentials.


def signature(minutes=60):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return azure.generate_container_sas(
        ACCOUNT,
        "models",
        account_key=KEY,
        permission=azure.ContainerSasPermissions(read=True, list=True, write=True, create=True),
        expiry=until,
    )


def test_a_shared_access_signature(probe, front):
    del probe.environment["AZURE_STORAGE_KEY"]
    probe.environment["AZURE_STORAGE_SAS_TOKEN"] = "?" + signature()
    sig = urllib.parse.parse_qs(signature())["sig"][0]
    probe.secrets = [sig, urllib.parse.quote(sig, safe="")]
    answer, data = probe.get("risk/3/model.onnx", part=1_000_000)
    assert answer.good and data == BYTES
    assert probe.list().good and probe.put("by-signature", b"x", "*").good
    assert not any("Authorization" in seen.headers for seen in front.seen)
    probe.environment["AZURE_STORAGE_SAS_TOKEN"] = signature(-1)
    answer = probe.list()
    assert answer.failure == "auth" and "sig=" not in answer.error


def test_a_connection_string(make_probe, azurite):
    for secret in (f"AccountName={ACCOUNT};AccountKey={KEY}", f"SharedAccessSignature={signature()}"):
        environment = {"AZURE_STORAGE_CONNECTION_STRING": f"{secret};BlobEndpoint={azurite.url};"}
        assert make_probe("az://models/m", environment).list().good


def test_no_account(make_probe):
    answer = make_probe("az://models/m").list()
    assert answer.failure == "usage" and "AZURE_STORAGE_ACCOUNT" in answer.error


def test_anonymous_only_when_asked(probe, front):
    del probe.environment["AZURE_STORAGE_KEY"]
    answer = probe.list(patience=200)
    assert not answer.good and "managed identity" in answer.error and front.seen == []
    front.add("answer", ".*", status=200, body=b"<EnumerationResults><Blobs/></EnumerationResults>")
    assert probe.list(anonymous="yes").good
    assert "Authorization" not in front.seen[0].headers


def encode(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


class Identities:
    """Microsoft's token service, and the machine's, which give out what Azurite takes for a token."""

    def __init__(self):
        identities = self
        self.seen, self.ready, self.life, self.assertion = [], 0.0, 3600, "federated"

        def token():
            now = int(time.time())
            claims = {
                "aud": "https://storage.azure.com",
                "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
                "iat": now - 10,
                "nbf": now - 10,
                "exp": now + identities.life,
            }
            return {
                "access_token": f"{encode({'alg': 'none', 'typ': 'JWT'})}.{encode(claims)}.x",
                "expires_in": str(identities.life),
                "expires_on": str(now + identities.life),
            }

        class Service(servers.Handler):
            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(parts.query))
                identities.seen.append((parts.path, query))
                good = query.get("resource") == "https://storage.azure.com/"
                if parts.path == "/app":
                    good = good and self.headers.get("X-IDENTITY-HEADER") == "app-secret"
                else:
                    good = good and self.headers.get("Metadata") == "true"
                if time.monotonic() < identities.ready:
                    return self.reply(503)
                return self.reply(200, json.dumps(token()).encode()) if good else self.reply(400)

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.body().decode()))
                identities.seen.append((self.path, form))
                if self.path != "/tenant/oauth2/v2.0/token" or form["client_assertion"] != identities.assertion:
                    return self.reply(400, b'{"error":"invalid_client"}')
                return self.reply(200, json.dumps(token()).encode())

        self.server = servers.Server(Service)
        self.url = self.server.url


@pytest.fixture
def identities():
    made = Identities()
    yield made
    made.server.stop()


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """Azurite over https, where it takes tokens."""
    run = tmp_path_factory.mktemp("secure")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (run / "cert.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (run / "key.pem").write_bytes(secret)
    options = ("--oauth", "basic", "--cert", str(run / "cert.pem"), "--key", str(run / "key.pem"))
    server = Azurite(run, *options, scheme="https")
    client = azure.BlobServiceClient(server.url, credential=KEY, connection_verify=str(run / "cert.pem"))
    client.create_container("models").upload_blob("m/a", BYTES)
    server.certificate = str(run / "cert.pem")
    yield server
    server.child.stop()


@pytest.fixture
def by_token(make_probe, secure, identities):
    environment = {
        "AZURE_STORAGE_ACCOUNT": ACCOUNT,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": identities.url,
        "SSL_CERT_FILE": secure.certificate,
    }
    return make_probe("az://models/m", environment, secrets=["eyJ"], endpoint=secure.url)


def test_a_managed_identity_that_begins_late(by_token, identities):
    identities.ready = time.monotonic() + 1.5
    answer, data = by_token.get("a", part=1_000_000, patience=20_000)
    assert answer.good and data == BYTES
    path, query = identities.seen[-1]
    assert path == "/metadata/identity/oauth2/token" and query["api-version"] == "2018-02-01"


def test_the_identity_of_an_app_service(by_token, identities):
    by_token.environment.update(IDENTITY_ENDPOINT=f"{identities.url}/app", IDENTITY_HEADER="app-secret")
    assert by_token.list().names() == ["a"]
    by_token.environment["IDENTITY_ENDPOINT"] = "http://example.com/app"
    answer = by_token.list()
    assert answer.failure == "auth" and "no address of this machine" in answer.error


def test_a_workload_identity_whose_token_rotates(by_token, identities, tmp_path):
    path = tmp_path / "token"
    by_token.environment.update(
        AZURE_TENANT_ID="tenant",
        AZURE_CLIENT_ID="client",
        AZURE_FEDERATED_TOKEN_FILE=str(path),
        AZURE_AUTHORITY_HOST=identities.url,
    )
    for assertion in ("first-assertion", "second-assertion"):
        identities.assertion = assertion
        path.write_text(assertion + "\n")
        assert by_token.list().names() == ["a"]
    path.write_text("first-assertion")
    answer = by_token.list()
    assert answer.failure == "auth" and "workload identity" in answer.error
    assert identities.seen[0][1]["scope"] == "https://storage.azure.com/.default"


def test_a_token_that_has_ended_is_renewed(by_token, identities):
    identities.life = 2  # and within five minutes of its end at once
    answer, data = by_token.get("a", part=500_000)
    assert answer.good and data == BYTES and len(identities.seen) >= 1


def test_no_trust_without_the_certificate(by_token):
    del by_token.environment["SSL_CERT_FILE"]
    assert not by_token.list(retries=0).good


def test_an_ended_token_is_refused_with_403_and_renewed_once(probe, front, identities):
    probe.environment.pop("AZURE_STORAGE_KEY")
    probe.environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = identities.url
    front.add("answer", ".*", status=403, headers={"x-ms-error-code": "AuthenticationFailed"})
    front.add("answer", ".*", status=200, body=b"<EnumerationResults><Blobs/></EnumerationResults>")
    assert probe.list().good and len(identities.seen) == 2


# Storms, cuts and other hosts.


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_storm_passes(probe, front, status):
    front.add("answer", ".*", status=status, times=3)
    answer = probe.list()
    assert answer.good and answer.counts["retries"] == 3


class TestFaults(SharedFaults):
    pass


def test_no_container_and_no_blob_are_gone(probe):
    assert probe.look("nothing").failure == "gone"
    probe.url = "az://nothing/m"
    assert probe.list().failure == "gone"


# Uploads.


def test_uploads_come_back(probe, azurite, front):
    assert probe.put("new/1/file", BYTES).good and azurite.body("m/new/1/file") == BYTES
    assert probe.put("new/1/none", b"").good and azurite.body("m/new/1/none") == b""
    assert probe.put_small("new/CURRENT", '{"version":1}').good
    assert probe.read("new/CURRENT").out == b'{"version":1}'
    assert all("Content-MD5" in seen.headers for seen in front.seen if seen.method == "PUT")


def test_preconditions_of_uploads(probe, azurite):
    assert probe.put("pre", b"one").good
    first = probe.look("pre").objects()[0]["revision"]
    assert probe.put("pre", b"two").failure == "changed"
    assert probe.put("pre", b"two", first).good
    assert probe.put("pre", b"three", first).failure == "changed"
    assert probe.put("pre", b"four", "*").good and azurite.body("m/pre") == b"four"


def test_an_upload_whose_reply_is_lost(probe, azurite, front):
    front.add("lose_reply", ".*", "PUT")
    assert probe.put("lost", BYTES).good and azurite.body("m/lost") == BYTES


def test_bytes_that_change_on_the_way_are_not_taken(probe, front, azurite):
    ask = front.ask
    front.ask = lambda handler, body: ask(handler, body[:-1] + b"?" if handler.command == "PUT" else body)
    assert not probe.put("changed", b"right").good
    with pytest.raises(ResourceNotFoundError):
        azurite.body("m/changed")
