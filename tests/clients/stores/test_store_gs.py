"""gs:// against the strict mock, directly and through a proxy that spoils what it says."""

import gzip
import json
import time

import gcs_mock
import pytest
import servers
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from shared_faults import BYTES, SharedFaults, fill


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def gcs():
    mock = gcs_mock.Gcs()
    fill(lambda name, data: mock.put("models", name, data))
    mock.put("models", "m/risk/", b"")
    yield mock
    mock.stop()


@pytest.fixture
def front(gcs, faults):
    return faults(gcs.port)


@pytest.fixture
def account(gcs, front, key, tmp_path):
    """A service account's key file, whose tokens come through the proxy."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    gcs.tokens.keys["sync@p.iam"] = key.public_key()
    path = tmp_path / "key.json"
    data = {"type": "service_account", "client_email": "sync@p.iam", "private_key_id": "k1", "private_key": pem}
    path.write_text(json.dumps({**data, "token_uri": f"{front.url}/token"}))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}


@pytest.fixture
def probe(make_probe, front, account):
    return make_probe("gs://models/m", account, secrets=["token-", "PRIVATE KEY"], endpoint=front.url)


def test_a_listing_of_all_pages_below_the_prefix_only(probe, gcs, front):
    for i in range(25):
        gcs.put("models", f"m/many/{i:02}", b"1")
    gcs.page_size = 4
    names = probe.list().names()
    assert names == [f"many/{i:02}" for i in range(25)] + ["risk/3/empty", "risk/3/model.onnx"]
    assert probe.list("risk/").names() == ["risk/3/empty", "risk/3/model.onnx"]
    assert sum("/o?" in seen.path for seen in front.seen) == 7 + 1


def test_a_listing_tells_size_generation_and_digests(probe, gcs):
    stored = gcs.buckets["models"]["m/risk/3/model.onnx"]
    found = {thing["name"]: thing for thing in probe.list().objects()}["risk/3/model.onnx"]
    assert found["size"] == len(BYTES) and found["revision"] == str(stored.generation)
    assert "crc32c" in found and "md5" in found
    gcs.put("models", "m/composed", b"abc", composite=True)
    assert "md5" not in probe.look("composed").objects()[0]


def test_a_download_in_parts_is_the_objects_bytes(probe, front):
    answer, data = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and data == BYTES
    ranges = [seen.headers["Range"] for seen in front.seen if "Range" in seen.headers]
    assert len(ranges) == 6 and all("generation=" in seen.path for seen in front.seen if "alt=media" in seen.path)
    answer, data = probe.get("risk/3/empty")
    assert answer.good and data == b""


def test_names_that_are_hard_to_write(probe, gcs):
    for name in ("a b+c%25&=é", "x/../y", "x//y", "..", "q?r#s"):
        gcs.put("models", f"m/{name}", name.encode())
        answer, data = probe.get(name)
        assert answer.good and data == name.encode()
        assert name in probe.list().names()


def test_what_is_stored_compressed_comes_as_it_is_stored(probe, gcs):
    packed = gzip.compress(b"hello" * 1000)
    gcs.put("models", "m/z", packed, contentEncoding="gzip")
    answer, data = probe.get("z")
    assert answer.good and data == packed


def test_an_object_that_is_replaced_in_the_middle_is_no_mixture(probe, gcs, front):
    other = bytes(len(BYTES))
    front.add("then_do", "alt=media", after=1, then=lambda: gcs.put("models", "m/risk/3/model.onnx", other))
    answer, data = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and data == BYTES  # the pinned generation, which is kept


def test_an_object_that_is_replaced_and_gone_is_an_error(probe, gcs, front):
    def replace():
        gcs.delete("models", "m/risk/3/model.onnx")
        gcs.put("models", "m/risk/3/model.onnx", bytes(len(BYTES)))

    front.add("then_do", "alt=media", after=1, then=replace)
    answer, _ = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.failure in ("changed", "gone")


# Credentials.


def tokens_asked(front):
    return [seen for seen in front.seen if seen.path == "/token"]


def test_a_service_account_asks_for_one_token_with_the_least_scope(probe, gcs, front):
    answer, _ = probe.get("risk/3/model.onnx", part=500_000)
    assert answer.good and len(tokens_asked(front)) == 1
    assert list(gcs.tokens.issued.values())[0][0] == {gcs_mock.READ}


def test_a_wrong_key_is_refused_with_the_services_word(probe, gcs):
    gcs.tokens.keys["sync@p.iam"] = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    answer = probe.list()
    assert answer.failure == "auth" and "invalid_grant" in answer.error


def test_an_authorized_user(make_probe, gcs, front, tmp_path):
    gcs.tokens.users["refresh-secret"] = ("id", "client-secret")
    path = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
    path.parent.mkdir(parents=True)
    data = {"type": "authorized_user", "client_id": "id", "client_secret": "client-secret"}
    path.write_text(json.dumps({**data, "refresh_token": "refresh-secret", "token_uri": f"{front.url}/token"}))
    probe = make_probe("gs://models/m", secrets=["refresh-secret", "client-secret"], endpoint=front.url)
    assert "risk/3/empty" in probe.list().names()
    gcs.tokens.users.clear()
    assert probe.list().failure == "auth"


def federation(front, source, **more):
    return {
        "type": "external_account",
        "audience": "//iam/pool",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{front.url}/token",
        "credential_source": source,
        **more,
    }


def test_workload_identity_federation_from_a_file_that_rotates(make_probe, gcs, front, tmp_path):
    token, path = tmp_path / "subject", tmp_path / "wif.json"
    path.write_text(json.dumps(federation(front, {"file": str(token)})))
    probe = make_probe("gs://models/m", {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, endpoint=front.url)
    for subject in ("first-subject", "second-subject"):
        gcs.tokens.subjects = {subject: "//iam/pool"}
        token.write_text(subject + "\n")
        assert "risk/3/empty" in probe.list().names()
    token.write_text("first-subject")
    assert probe.list().failure == "auth"


def test_workload_identity_federation_with_impersonation(make_probe, gcs, front, tmp_path):
    token, path = tmp_path / "subject", tmp_path / "wif.json"
    token.write_text(json.dumps({"id": "subject"}))
    gcs.tokens.subjects = {"subject": "//iam/pool"}
    source = {"file": str(token), "format": {"type": "json", "subject_token_field_name": "id"}}
    data = federation(front, source, service_account_impersonation_url=f"{front.url}/impersonate")
    path.write_text(json.dumps(data))
    probe = make_probe("gs://models/m", {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, endpoint=front.url)
    assert "risk/3/empty" in probe.list().names()
    assert [seen.path for seen in front.seen][:2] == ["/token", "/impersonate"]
    scopes = [scopes for scopes, _ in gcs.tokens.issued.values()]
    assert scopes == [{gcs_mock.PLATFORM}, {gcs_mock.READ}]


def test_workload_identity_federation_from_a_service(make_probe, gcs, front, tmp_path):
    class Service(servers.Handler):
        def do_GET(self):
            good = self.headers.get("X-Mine") == "yes"
            self.reply(200, b'{"id":"subject"}') if good else self.reply(403)

    service, path = servers.Server(Service), tmp_path / "wif.json"
    gcs.tokens.subjects = {"subject": "//iam/pool"}
    source = {"url": f"{service.url}/token", "headers": {"X-Mine": "yes"}}
    form = {"type": "json", "subject_token_field_name": "id"}
    path.write_text(json.dumps(federation(front, {**source, "format": form})))
    probe = make_probe("gs://models/m", {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, endpoint=front.url)
    assert "risk/3/empty" in probe.list().names()
    path.write_text(json.dumps(federation(front, {**source, "headers": {}, "format": form})))
    answer = probe.list()
    assert answer.failure == "auth" and "credential_source.url answers 403" in answer.error
    service.stop()


def test_a_service_that_repeats_secrets_does_not_bring_them_into_the_log(make_probe, gcs, front, tmp_path):
    token, path = tmp_path / "subject", tmp_path / "wif.json"
    token.write_text("the-subject-secret")
    path.write_text(json.dumps(federation(front, {"file": str(token)})))
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}
    probe = make_probe("gs://models/m", environment, secrets=["the-subject-secret"], endpoint=front.url)
    front.add("echo", "/token", status=400)
    answer = probe.list()
    assert answer.failure == "auth" and "the token service answers 400" in answer.error


def test_a_bucket_that_repeats_secrets_does_not_bring_them_into_the_log(probe, front):
    front.add("echo", "/o\\?", status=400)
    answer = probe.list()  # the probe looks for the token in what is said
    assert not answer.good and "the server answers 400" in answer.error


def metadata_probe(make_probe, gcs, front, **options):
    environment = {"GCE_METADATA_HOST": f"127.0.0.1:{gcs.port}"}
    return make_probe("gs://models/m", environment, endpoint=front.url, **options)


def test_the_metadata_server_may_begin_late(make_probe, gcs, front):
    probe = metadata_probe(make_probe, gcs, front)
    gcs.tokens.metadata_after = time.monotonic() + 2
    began = time.monotonic()
    assert "risk/3/empty" in probe.list(patience=20_000).names()
    assert 1.5 < time.monotonic() - began < 10
    gcs.tokens.metadata_after = time.monotonic() + 60
    answer = probe.list(patience=500)
    assert answer.failure in ("transient", "auth") and "metadata" in answer.error


def test_nobody_but_google_answers_for_the_metadata_server(make_probe, gcs, front):
    gcs.tokens.metadata_flavor = "Other"
    answer = metadata_probe(make_probe, gcs, front).list()
    assert answer.failure == "auth" and "none of Google's" in answer.error


def test_the_metadata_server_is_not_asked_through_a_proxy(make_probe, gcs, front, faults):
    proxy = faults(gcs.port)
    probe = metadata_probe(make_probe, gcs, front)
    probe.environment["http_proxy"] = proxy.url
    probe.environment["no_proxy"] = "127.0.0.1"
    assert probe.list().good and proxy.seen == []
    del probe.environment["no_proxy"]
    probe.list()
    assert proxy.seen and not any("computeMetadata" in seen.path for seen in proxy.seen)


def test_anonymous_only_when_asked(make_probe, gcs, front):
    gcs.public = True
    probe = make_probe("gs://models/m", endpoint=front.url)
    answer = probe.list()
    assert not answer.good and not any("/o?" in seen.path for seen in front.seen)
    assert "risk/3/empty" in probe.list(anonymous="yes").names()
    assert not any("Authorization" in seen.headers for seen in front.seen)


def test_an_emulator_gets_no_credentials(make_probe, gcs, front, account):
    gcs.public = True
    probe = make_probe("gs://models/m", {**account, "STORAGE_EMULATOR_HOST": f"127.0.0.1:{front.port}"})
    assert "risk/3/empty" in probe.list().names()
    assert not any("Authorization" in seen.headers for seen in front.seen)


def test_a_token_that_ends_in_the_middle_is_renewed_once(probe, gcs, front):
    front.add("then_do", "alt=media", after=2, then=gcs.tokens.end_all)
    answer, data = probe.get("risk/3/model.onnx", part=250_000)
    assert answer.good and data == BYTES and len(tokens_asked(front)) == 2


def test_a_token_is_renewed_before_its_end(probe, gcs, front):
    gcs.tokens.reported_life = 200  # less than the five minutes before
    answer, data = probe.get("risk/3/model.onnx", part=1_000_000)
    assert answer.good and data == BYTES and len(tokens_asked(front)) >= 2


def test_tokens_that_are_never_good_end_in_an_error(probe, front):
    front.add("answer", "/o\\?", status=401, body=b"{}", times=100)
    answer = probe.list()
    assert answer.failure == "auth" and answer.counts["requests"] <= 6


def test_a_missing_right_is_final(probe, gcs):
    answer = probe.put("a", b"x")  # the scope is that of readers
    assert answer.failure == "auth" and "insufficientPermissions" in answer.error


# Storms, cuts and other hosts.


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_storm_passes(probe, front, status):
    front.add("answer", "/o\\?", status=status, times=3)
    answer = probe.list()
    assert answer.good and answer.counts["retries"] == 3


def test_retry_after_is_waited_for(probe, front):
    front.add("answer", "/o\\?", status=429, headers={"Retry-After": "1"})
    began = time.monotonic()
    assert probe.list().good and time.monotonic() - began > 1


def test_a_storm_without_an_end_is_transient(probe, front):
    front.add("answer", "/o\\?", status=503, times=100)
    answer = probe.list(retries=2)
    assert answer.failure == "transient" and answer.counts["retries"] == 2


def test_limits_of_one_user_are_no_missing_right(probe, front):
    body = json.dumps({"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}).encode()
    front.add("answer", "/o\\?", status=403, body=body, times=2)
    assert probe.list().good


class TestFaults(SharedFaults):
    OBJECTS = "/o"
    DOWNLOAD = "alt=media"


def test_a_cut_listing_is_no_listing(probe, front):
    front.add("truncate_silently", "/o\\?")
    answer = probe.list()
    assert not answer.good and answer.out == b""


def test_a_stall_is_ended_and_the_rest_fetched(probe, front):
    front.add("stall", "alt=media", times=1)
    answer, data = probe.get("risk/3/model.onnx", part=1_000_000, stall=1000)
    assert answer.good and data == BYTES


def test_a_listing_that_does_not_end(probe, front):
    page = {"items": [{"name": "m/a", "size": "1", "generation": "1"}], "nextPageToken": "again"}
    front.add("answer", "/o\\?", status=200, body=json.dumps(page).encode(), times=1000)
    answer = probe.list()
    assert not answer.good and "does not come to an end" in answer.error
    assert probe.list(objects=0).good is False


def test_a_name_from_elsewhere_is_refused(probe, front):
    page = {"items": [{"name": "other/a", "size": "1", "generation": "1"}]}
    front.add("answer", "/o\\?", status=200, body=json.dumps(page).encode())
    assert "not asked for" in probe.list().error


def test_no_bucket_and_no_object_are_gone(make_probe, account, front, probe):
    assert make_probe("gs://nothing", account, endpoint=front.url).list().failure == "gone"
    assert probe.look("nothing").failure == "gone"


# Uploads.


@pytest.fixture
def writer(probe):
    probe.options["writable"] = "yes"
    return probe


def test_uploads_come_back(writer, gcs):
    assert writer.put("new/1/file", BYTES).good
    assert gcs.buckets["models"]["m/new/1/file"].data == BYTES
    assert writer.put("new/1/none", b"").good
    assert gcs.buckets["models"]["m/new/1/none"].data == b""


def test_a_small_upload_is_never_cached(writer, gcs):
    assert writer.put_small("new/CURRENT", '{"version":1}').good
    stored = gcs.buckets["models"]["m/new/CURRENT"]
    assert stored.data == b'{"version":1}' and stored.metadata["cacheControl"] == "no-store"
    assert writer.read("new/CURRENT").out == b'{"version":1}'


def test_preconditions_of_uploads(writer, gcs):
    assert writer.put("a", b"one").good
    first = str(gcs.buckets["models"]["m/a"].generation)
    assert writer.put("a", b"two").failure == "changed"
    assert writer.put("a", b"two", first).good
    assert writer.put_small("a", "three", first).failure == "changed"
    assert writer.put("a", b"four", "*").good and gcs.buckets["models"]["m/a"].data == b"four"


def test_an_upload_whose_reply_is_lost_is_done_once(writer, front, gcs):
    front.add("lose_reply", "/upload/")
    assert writer.put("a", BYTES).good
    assert [name for name, _ in gcs.history["models"]].count("m/a") == 1


def test_bytes_that_change_on_the_way_are_not_taken(writer, front, gcs):
    front.serve_as = front.ask
    front.ask = lambda handler, body: front.serve_as(handler, body[:-1] + b"?" if "/upload/" in handler.path else body)
    answer = writer.put("a", b"right")
    assert not answer.good and "m/a" not in gcs.buckets["models"]


def test_a_storm_during_an_upload(writer, front, gcs):
    front.add("answer", "/upload/", status=503, times=2)
    front.add("reset", "/upload/", times=1)
    assert writer.put("a", BYTES).good and gcs.buckets["models"]["m/a"].data == BYTES
