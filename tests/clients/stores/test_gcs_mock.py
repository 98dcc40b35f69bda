"""The strict mock of Google Cloud Storage is proved by Google's own client."""

import gzip

import gcs_mock
import google.api_core.exceptions as errors
import google.auth.credentials
import pytest
from google.cloud import storage


class Credentials(google.auth.credentials.Credentials):
    """A token of the mock's."""

    def __init__(self, mock):
        super().__init__()
        self.mock, self.asked = mock, 0

    def refresh(self, _request):
        self.asked += 1
        self.token = self.mock.tokens.issue([gcs_mock.FULL])


@pytest.fixture
def gcs():
    mock = gcs_mock.Gcs()
    mock.buckets["models"] = {}
    yield mock
    mock.stop()


@pytest.fixture
def bucket(gcs):
    options = {"api_endpoint": gcs.url}
    client = storage.Client(project="p", credentials=Credentials(gcs), client_options=options)
    return client.bucket("models")


def test_small_and_large_uploads_come_back_with_their_checksums(bucket):
    for name, data in (("small", b"a" * 1000), ("a/../b é+%", b"b" * 20), ("large", bytes(range(256)) * 40960)):
        blob = bucket.blob(name)
        blob.upload_from_string(data, checksum="crc32c")
        for checksum in ("crc32c", "md5"):
            assert blob.download_as_bytes(checksum=checksum) == data
        assert bucket.get_blob(name).size == len(data)


def test_ranges(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"0123456789")
    assert blob.download_as_bytes(start=2, end=5) == b"2345"
    assert blob.download_as_bytes(start=7) == b"789"
    with pytest.raises(errors.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10, end=11)


def test_generations_are_kept_and_must_match(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string(b"one", if_generation_match=0)
    first = blob.generation
    with pytest.raises(errors.PreconditionFailed):
        bucket.blob("a").upload_from_string(b"two", if_generation_match=0)
    bucket.blob("a").upload_from_string(b"two", if_generation_match=first)
    assert bucket.blob("a", generation=first).download_as_bytes() == b"one"
    assert bucket.blob("a").download_as_bytes() == b"two"
    with pytest.raises(errors.PreconditionFailed):
        bucket.blob("a").download_as_bytes(if_generation_match=first)
    with pytest.raises(errors.NotFound):
        bucket.blob("a", generation=first + 100).download_as_bytes()


def test_listing_by_pages_prefixes_and_delimiters(bucket, gcs):
    gcs.page_size = 2
    for name in ("m/1/a", "m/1/b", "m/2/a", "m/2/b", "m/3", "n/1"):
        bucket.blob(name).upload_from_string(name)
    assert [blob.name for blob in bucket.list_blobs(prefix="m/")] == ["m/1/a", "m/1/b", "m/2/a", "m/2/b", "m/3"]
    found = bucket.list_blobs(prefix="m/", delimiter="/")
    assert [blob.name for blob in found] == ["m/3"] and found.prefixes == {"m/1/", "m/2/"}
    blob = next(iter(bucket.list_blobs(fields="items(name,generation),nextPageToken")))
    assert blob.generation and blob.size is None


def test_other_digests_are_refused(bucket):
    blob = bucket.blob("a")
    blob.md5_hash = "XUFAKrxLKna5cZ2REBfFkg=="
    with pytest.raises(errors.BadRequest):
        blob.upload_from_string(b"not it")


def test_compressed_objects_are_transcoded_unless_asked_for(bucket, gcs):
    gcs.put("models", "z", gzip.compress(b"hello"), contentEncoding="gzip")
    assert bucket.blob("z").download_as_bytes(raw_download=True) == gzip.compress(b"hello")
    assert bucket.blob("z").download_as_bytes() == b"hello"


def test_a_token_that_has_ended_is_renewed(bucket, gcs):
    bucket.blob("a").upload_from_string(b"one")
    gcs.tokens.end_all()
    assert bucket.blob("a").download_as_bytes() == b"one"
    assert bucket.client._credentials.asked > 1


def test_what_is_not_there(bucket):
    with pytest.raises(errors.NotFound):
        bucket.blob("nothing").download_as_bytes()
    assert bucket.get_blob("nothing") is None
    with pytest.raises(errors.NotFound):
        list(bucket.client.list_blobs("no-bucket"))
