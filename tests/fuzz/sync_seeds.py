"""Listings, credential files and tokens as clouds write them, and some that they would not."""

import json

ITEM = {
    "name": "models/risk/3/model.onnx",
    "size": "3",
    "generation": "1700000000000001",
    "crc32c": "n03x6A==",
    "md5Hash": "XUFAKrxLKna5cZ2REBfFkg==",
}


def item(**members):
    return {**ITEM, **members}


def s3(entries, more="<IsTruncated>false</IsTruncated>"):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
        f'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>{more}{entries}</ListBucketResult>'
    )


def contents(key="m/1/a", size="5", tag="&quot;5d41402abc4b2a76b9719d911017c592&quot;"):
    return f"<Contents><Key>{key}</Key><ETag>{tag}</ETag><Size>{size}</Size></Contents>"


def azure(blobs, marker=""):
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Blobs>'
        f"{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    )


def blob(name="<Name>m/1/a</Name>", size="12", md5="XUFAKrxLKna5cZ2REBfFkg=="):
    return (
        f"<Blob>{name}<Properties><Content-Length>{size}</Content-Length><Etag>0x8D</Etag>"
        f"<Content-MD5>{md5}</Content-MD5></Properties></Blob>"
    )


NEXT = "<NextContinuationToken>t=</NextContinuationToken><IsTruncated>true</IsTruncated>"
GS, S3, AZ, OBJECT = "\0", "\1", "\2", "\3"
LISTINGS = {
    "gs-page.json": GS + json.dumps({"nextPageToken": "Cg==", "items": [item(), item(name="a/../b")]}),
    "gs-empty.json": GS + "{}",
    "gs-sizes.json": GS + json.dumps({"items": [item(size="9223372036854775808")]}),
    "gs-names.json": GS + json.dumps({"items": [item(name="a\0b"), item(name="")]}),
    "gs-digest.json": GS + json.dumps({"items": [item(crc32c="n03x6A==A")]}),
    "gs-object.json": OBJECT + json.dumps(ITEM),
    "gs-object-none.json": OBJECT + "[]",
    "s3-page.xml": S3 + s3(contents() + contents("m/a%20b%2B+%c3%a9"), NEXT + "<EncodingType>url</EncodingType>"),
    "s3-late.xml": S3 + s3(contents("%00") + "<EncodingType>url</EncodingType>"),
    "s3-owner.xml": S3 + s3("<Contents><Owner><ID>1</ID></Owner><Key>k</Key></Contents>"),
    "s3-more.xml": S3 + s3("", "<IsTruncated>true</IsTruncated>"),
    "s3-prefixed.xml": S3 + '<a:ListBucketResult xmlns:a="x"><a:Contents/></a:ListBucketResult>',
    "s3-error.xml": S3 + "<Error><Code>NoSuchBucket</Code></Error>",
    "s3-entities.xml": S3 + '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><ListBucketResult>&d;</ListBucketResult>',
    "s3-cdata.xml": S3 + s3("<Contents><Key><![CDATA[<EncodingType>url</EncodingType>%]]></Key></Contents>"),
    "s3-deep.xml": S3 + "<ListBucketResult>" + "<a>" * 20,
    "s3-cut.xml": S3 + s3(contents())[:150],
    "az-page.xml": AZ + azure(blob() + blob('<Name Encoded="true">%EF%BF%BE</Name>', "0", ""), "2!8"),
    "az-size.xml": AZ + azure(blob(size="-1")),
    "az-bad.xml": AZ + azure(blob('<Name Encoded="true">%</Name>')),
}

ACCOUNT = {
    "type": "service_account",
    "client_email": "sync@project.iam.gserviceaccount.com",
    "private_key_id": "k1",
    "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}
EXTERNAL = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"file": "/var/run/token"},
}
URL_SOURCE = {
    "url": "http://127.0.0.1/token",
    "headers": {"Metadata": "True"},
    "format": {"type": "json", "subject_token_field_name": "access_token"},
}
PROFILES = (
    "# a comment\n[default]\naws_access_key_id = AKIA1\r\naws_secret_access_key=a/b+c=d # no more\n"
    "s3 =\n  region = nested\n[profile ops]\nregion = eu-west-1\n\n[ops]\nregion=x\n"
)
GOOGLE, SECRETS, CONFIG, CONNECTION = "\0", "\1", "\2", "\3"
CREDENTIALS = {
    "account.json": GOOGLE + json.dumps(ACCOUNT),
    "account-http.json": GOOGLE + json.dumps({**ACCOUNT, "token_uri": "http://example.com/"}),
    "user.json": GOOGLE
    + json.dumps({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}),
    "external.json": GOOGLE + json.dumps(EXTERNAL),
    "external-url.json": GOOGLE
    + json.dumps({**EXTERNAL, "service_account_impersonation_url": "https://iam/x", "credential_source": URL_SOURCE}),
    "impersonated.json": GOOGLE
    + json.dumps(
        {
            "type": "impersonated_service_account",
            "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/x:generateAccessToken",
            "source_credentials": ACCOUNT,
        }
    ),
    "unknown.json": GOOGLE + '{"type":"gdch_service_account"}',
    "profiles": SECRETS + PROFILES,
    "config": CONFIG + PROFILES,
    "config-broken": CONFIG + "[default\nregion\n[default]\n=\n",
    "connection": CONNECTION + "DefaultEndpointsProtocol=http;AccountName=dev;AccountKey=a2V5;EndpointSuffix=local",
    "connection-sas": CONNECTION + "BlobEndpoint=http://127.0.0.1:1/dev;;SharedAccessSignature=sv=1&sig=x;",
    "connection-broken": CONNECTION + "AccountName;=;AccountKey=",
}

KEYS = {"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T", "Expiration": "2026-03-01T12:00:00Z"}
STS = (
    "<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S"
    "</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-03-01T13:00:00.5+01:00</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResponse>"
)
TOKEN, IMPERSONATED, JSON_KEYS, XML_KEYS, ERRORS = "\0", "\1", "\2", "\3", "\4"
TOKENS = {
    "token.json": TOKEN + '{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}',
    "token-on.json": TOKEN + '{"access_token":"e","expires_in":"","expires_on":"1772366400"}',
    "token-long.json": TOKEN + '{"access_token":"e","expires_in":9223372036854775807}',
    "token-line.json": TOKEN + '{"access_token":"e\\r\\nX: y","expires_in":60}',
    "impersonated.json": IMPERSONATED + '{"accessToken":"c","expireTime":"2026-03-01T12:00:00Z"}',
    "keys.json": JSON_KEYS + json.dumps(KEYS),
    "keys-line.json": JSON_KEYS + json.dumps({**KEYS, "Token": "a\nb"}),
    "keys-time.json": JSON_KEYS + json.dumps({**KEYS, "Expiration": "2026-02-31T99:00:00+99:99"}),
    "sts.xml": XML_KEYS + STS,
    "sts-cut.xml": XML_KEYS + STS[:120],
    "error.xml": ERRORS + "<Error><Code>SlowDown</Code></Error>",
    "member.json": ERRORS + '{"id":"a"}',
}

DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def pointer(name="iris", **members):
    entry = {"version": "42", "manifest": "iris/42/omen-manifest.json", "sha256": DIGEST, **members}
    return "0" + json.dumps({"format": "omen-pointer/1", "models": {name: entry}})


def manifest(kind, files, **members):
    document = {"format": "omen-manifest/1", "model": "m", "version": "1", **members}
    return kind + json.dumps({**document, "files": files})


def file(path="a", size=1, **members):
    return {"path": path, "size": size, "sha256": DIGEST, **members}


# The first byte chooses: "0" a pointer, "1" a manifest beside a listing, "2" one alone.
MANIFESTS = {
    "pointer": pointer(),
    "pointer-names": pointer(name="../iris"),
    "pointer-current": pointer(version="current"),
    "pointer-manifest": pointer(manifest="/etc/passwd"),
    "pointer-digest": pointer(sha256="00"),
    "listed": manifest("1", [file(), file("b/c")]),
    "listed-missing": manifest("1", [file("d")]),
    "listed-twice": manifest("1", [file(), file()]),
    "alone": manifest("2", [file(object="blobs/sha256/ba/" + DIGEST), file("b/c", 0)], serial=7),
    "alone-expires": manifest("2", [file()], expires="2030-01-01T00:00:00Z"),
    "alone-clash": manifest("2", [file("a"), file("a-b"), file("a/b")]),
    "alone-sizes": manifest("2", [file("a", 9223372036854775807), file("b", 9223372036854775807)]),
    "alone-dots": manifest("2", [file("a/../../b")]),
    "alone-nul": manifest("2", [file("a\x00b")]),
    "alone-empty": manifest("2", []),
}

HEADERS = {
    "range": "bytes 0-65535/1048576",
    "range-star": "bytes 5-9/*",
    "range-unsatisfied": "bytes */10",
    "range-backwards": "bytes 9-0/10",
    "range-large": "bytes 0-99999999999999999999/99999999999999999999",
    "line": "Content-Range:  bytes 0-9/10\r\n",
    "seconds": "120",
    "date": "Sun, 06 Nov 2094 08:49:37 GMT",
}
