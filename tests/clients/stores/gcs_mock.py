"""Google Cloud Storage's JSON API as its documentation has it, strict where emulators are lax:
generations are kept and must match, preconditions hold, tokens are asked for and end, uploads are
checked against the digests that come with them, compressed objects are transcoded.

test_gcs_mock.py proves it with Google's own client.
"""

import base64
import gzip
import hashlib
import json
import re
import struct
import threading
import time
import urllib.parse

import google_crc32c
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from servers import Handler, Server

READ = "https://www.googleapis.com/auth/devstorage.read_only"
WRITE = "https://www.googleapis.com/auth/devstorage.read_write"
PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
FULL = "https://www.googleapis.com/auth/devstorage.full_control"
MAY_READ = {READ, WRITE, PLATFORM, FULL}
MAY_WRITE = {WRITE, PLATFORM, FULL}


class Problem(Exception):
    def __init__(self, status, reason, message=""):
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message or reason


def b64(data):
    return base64.b64encode(data).decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Stored:
    def __init__(self, name, data, generation, metadata, composite=False):
        self.name, self.data, self.generation = name, data, generation
        self.metadata, self.composite = metadata, composite
        self.crc32c = b64(struct.pack(">I", google_crc32c.value(data)))
        self.md5 = b64(hashlib.md5(data).digest())

    def json(self, bucket):
        value = {
            "kind": "storage#object",
            "name": self.name,
            "bucket": bucket,
            "generation": str(self.generation),
            "metageneration": "1",
            "size": str(len(self.data)),
            "crc32c": self.crc32c,
            "etag": b64(str(self.generation).encode()),
            "contentType": self.metadata.get("contentType", "application/octet-stream"),
        }
        if not self.composite:
            value["md5Hash"] = self.md5
        for key in ("contentEncoding", "cacheControl"):
            if key in self.metadata:
                value[key] = self.metadata[key]
        return value


class Tokens:
    """Who may do what until when, and the services that give it out."""

    def __init__(self):
        self.life, self.issued, self.count = 3600, {}, 0
        self.keys = {}  # client_email: public key
        self.users = {}  # refresh token: (client id, secret)
        self.subjects = {}  # subject token: audience
        self.metadata_after = 0.0  # time.monotonic() when the metadata server begins to answer
        self.metadata_flavor = "Google"
        self.reported_life = None

    def issue(self, scopes):
        self.count += 1
        token = f"token-{self.count}-of-the-mock"
        self.issued[token] = (set(scopes), time.monotonic() + self.life)
        return token

    def end_all(self):
        self.issued = {token: (scopes, 0) for token, (scopes, _) in self.issued.items()}

    def answer(self, scopes):
        life = self.life if self.reported_life is None else self.reported_life
        return {"access_token": self.issue(scopes), "expires_in": life, "token_type": "Bearer"}

    def check(self, header, allowed):
        if not header:
            raise Problem(401, "required", "Anonymous caller does not have storage.objects access")
        scopes, until = self.issued.get(header.removeprefix("Bearer "), (set(), 0))
        if not header.startswith("Bearer ") or until <= time.monotonic():
            raise Problem(401, "authError", "Invalid Credentials")
        if not scopes & allowed:
            raise Problem(403, "insufficientPermissions", "Insufficient Permission")

    def by_statement(self, assertion, audience):
        head, body, signature = assertion.split(".")
        header, claims = json.loads(unb64url(head)), json.loads(unb64url(body))
        now = time.time()
        if header["alg"] != "RS256" or claims["iss"] not in self.keys or claims["aud"] != audience:
            raise Problem(400, "invalid_grant")
        if not claims["iat"] <= now + 60 or not now < claims["exp"] <= claims["iat"] + 3600:
            raise Problem(400, "invalid_grant")
        key = self.keys[claims["iss"]]
        try:
            key.verify(unb64url(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise Problem(400, "invalid_grant") from None
        return self.answer(claims["scope"].split())

    def exchange(self, form, url):
        kind = form["grant_type"]
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self.by_statement(form["assertion"], url)
        if kind == "refresh_token":
            if self.users.get(form["refresh_token"]) != (form["client_id"], form["client_secret"]):
                raise Problem(400, "invalid_grant")
            return self.answer([FULL])
        if kind == "urn:ietf:params:oauth:grant-type:token-exchange":
            if (
                self.subjects.get(form["subject_token"]) != form["audience"]
                or form["requested_token_type"] != "urn:ietf:params:oauth:token-type:access_token"
            ):
                raise Problem(400, "invalid_grant")
            return self.answer(form["scope"].split())
        raise Problem(400, "unsupported_grant_type")

    def impersonate(self, header, wanted):
        self.check(header, {PLATFORM})
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.life))
        return {"accessToken": self.issue(wanted["scope"]), "expireTime": until}

    def metadata(self, headers):
        if headers.get("Metadata-Flavor") != "Google":
            raise Problem(403, "forbidden", "Missing Metadata-Flavor:Google header.")
        if time.monotonic() < self.metadata_after:
            raise Problem(503, "unavailable")
        return self.answer([READ, WRITE])


class Gcs:
    def __init__(self):
        self.buckets, self.history = {}, {}
        self.generation = 1_700_000_000_000_000
        self.page_size, self.public = 1000, False
        self.tokens, self.uploads, self.lock = Tokens(), {}, threading.RLock()
        mock = self

        class Api(Handler):
            def serve(self):
                mock.serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = serve

        self.server = Server(Api)
        self.url, self.port = self.server.url, self.server.port

    def stop(self):
        self.server.stop()

    # What tests do behind the API's back.

    def put(self, bucket, name, data, composite=False, **metadata):
        with self.lock:
            self.generation += 1
            stored = Stored(name, data, self.generation, metadata, composite)
            self.buckets.setdefault(bucket, {})[name] = stored
            self.history.setdefault(bucket, {})[name, self.generation] = stored
            return stored

    def delete(self, bucket, name):
        with self.lock:
            old = self.buckets[bucket].pop(name)
            del self.history[bucket][name, old.generation]

    # The API.

    def serve(self, handler):
        try:
            body = handler.body()
            parts = urllib.parse.urlsplit(handler.path)
            query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
            with self.lock:
                self.route(handler, parts.path, query, body)
        except Problem as problem:
            error = {"code": problem.status, "message": problem.message, "errors": [{"reason": problem.reason}]}
            if problem.status == 304:
                return handler.reply(304)
            is_oauth = handler.path.startswith("/token")
            answer = {"error": problem.reason} if is_oauth else {"error": error}
            return self.say(handler, answer, problem.status)

    def say(self, handler, value, status=200, headers=None):
        data = json.dumps(value).encode()
        handler.reply(status, data, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})})

    def route(self, handler, path, query, body):
        if path == "/token":
            form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
            return self.say(handler, self.tokens.exchange(form, f"http://{handler.headers['Host']}/token"))
        if path == "/impersonate":
            wanted = json.loads(body)
            return self.say(handler, self.tokens.impersonate(handler.headers.get("Authorization"), wanted))
        if path == "/computeMetadata/v1/instance/service-accounts/default/token":
            flavor = {"Metadata-Flavor": self.tokens.metadata_flavor}
            return self.say(handler, self.tokens.metadata(handler.headers), headers=flavor)
        match = re.fullmatch(r"(/upload|/download)?/storage/v1/b(?:/([^/]+)(?:/o(?:/([^/]*))?)?)?", path)
        if match is None:
            raise Problem(404, "notFound")
        kind, bucket, name = match[1], match[2], match[3]
        if not (self.public and handler.command == "GET"):
            allowed = MAY_READ if handler.command == "GET" else MAY_WRITE
            self.tokens.check(handler.headers.get("Authorization"), allowed)
        name = urllib.parse.unquote(name, errors="strict") if name is not None else None
        if bucket is None and handler.command == "POST":
            self.buckets.setdefault(json.loads(body)["name"], {})
            return self.say(handler, {"kind": "storage#bucket", "name": json.loads(body)["name"]})
        if bucket not in self.buckets:
            raise Problem(404, "notFound", "The specified bucket does not exist.")
        if kind == "/upload":
            return self.upload(handler, bucket, query, body)
        if name is None:
            return self.list(handler, bucket, query)
        if handler.command == "DELETE":
            self.find(bucket, name, query)
            self.delete(bucket, name)
            return handler.reply(204)
        stored = self.find(bucket, name, query)
        if query.get("alt") == "media" or kind == "/download":
            return self.media(handler, stored)
        return self.say(handler, self.partial(stored.json(bucket), query.get("fields", "")))

    @staticmethod
    def partial(value, fields):
        return {key: value[key] for key in fields.split(",") if key in value} if fields else value

    def list(self, handler, bucket, query):
        wanted = query.get("fields", "items,nextPageToken,prefixes")
        inner = re.search(r"items\(([^)]*)\)", wanted)
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        size = min(int(query.get("maxResults", 1000)), self.page_size)
        after = base64.b64decode(query["pageToken"]).decode() if "pageToken" in query else ""
        items, prefixes, token = [], [], None
        for name in sorted(self.buckets[bucket], key=str.encode):
            if not name.startswith(prefix) or name.encode() <= after.encode():
                continue
            if len(items) + len(prefixes) == size:
                token = b64(last.encode())
                break
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest[: rest.index(delimiter) + 1]
                if folder not in prefixes:
                    prefixes.append(folder)
            else:
                value = self.buckets[bucket][name].json(bucket)
                items.append(self.partial(value, inner[1] if inner else ""))
            last = name
        answer = {"kind": "storage#objects"}
        if items and "items" in wanted:
            answer["items"] = items
        if prefixes and "prefixes" in wanted:
            answer["prefixes"] = prefixes
        if token and "nextPageToken" in wanted:
            answer["nextPageToken"] = token
        self.say(handler, answer)

    def find(self, bucket, name, query):
        current = self.buckets[bucket].get(name)
        if "generation" in query:
            current = self.history[bucket].get((name, int(query["generation"])))
        if current is None:
            raise Problem(404, "notFound", f"No such object: {bucket}")
        self.check_conditions(current, query)
        return current

    @staticmethod
    def check_conditions(current, query):
        generation = current.generation if current is not None else 0
        if "ifGenerationMatch" in query and int(query["ifGenerationMatch"]) != generation:
            raise Problem(412, "conditionNotMet")
        if "ifGenerationNotMatch" in query and int(query["ifGenerationNotMatch"]) == generation:
            raise Problem(304, "notModified")

    def media(self, handler, stored):
        headers = {
            "x-goog-generation": str(stored.generation),
            "x-goog-metageneration": "1",
            "x-goog-hash": f"crc32c={stored.crc32c}" + ("" if stored.composite else f",md5={stored.md5}"),
            "x-goog-stored-content-length": str(len(stored.data)),
            "x-goog-stored-content-encoding": stored.metadata.get("contentEncoding", "identity"),
            "Content-Type": stored.metadata.get("contentType", "application/octet-stream"),
            "Cache-Control": stored.metadata.get("cacheControl", "public, max-age=3600"),
        }
        if stored.metadata.get("contentEncoding") == "gzip":
            if "gzip" not in handler.headers.get("Accept-Encoding", ""):
                headers["Connection"] = "close"  # transcoded: of no known length, and no ranges
                handler.close_connection = True
                return handler.reply(200, gzip.decompress(stored.data), headers, length=False)
            headers["Content-Encoding"] = "gzip"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
        if wanted is None:
            return handler.reply(200, stored.data, headers)
        first, last = int(wanted[1]), int(wanted[2] or len(stored.data) - 1)
        if first >= len(stored.data):
            headers["Content-Range"] = f"bytes */{len(stored.data)}"
            return handler.reply(416, b"", headers)
        last = min(last, len(stored.data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(stored.data)}"
        return handler.reply(206, stored.data[first : last + 1], headers)

    # Uploads.

    def finish(self, handler, bucket, query, metadata, data):
        name = metadata.get("name") or query.get("name")
        if not name:
            raise Problem(400, "required")
        self.check_conditions(self.buckets[bucket].get(name), query)
        stored = Stored(name, data, 0, metadata)
        said = dict(part.split("=", 1) for part in handler.headers.get("x-goog-hash", "").split(",") if part)
        for ours, theirs in (
            (stored.crc32c, metadata.get("crc32c", said.get("crc32c"))),
            (stored.md5, metadata.get("md5Hash", said.get("md5"))),
        ):
            if theirs is not None and ours != theirs:
                raise Problem(400, "invalid", "Provided hash does not match calculated hash")
        kept = {key: metadata[key] for key in ("contentEncoding", "cacheControl", "contentType") if key in metadata}
        stored = self.put(bucket, name, data, **kept)
        self.say(handler, self.partial(stored.json(bucket), query.get("fields", "")))

    def upload(self, handler, bucket, query, body):
        kind = query.get("uploadType")
        if "upload_id" in query:
            metadata, wanted, data = self.uploads[query["upload_id"]]
            first = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", handler.headers.get("Content-Range", ""))
            data += body
            if first is not None and first[3] == "*":
                return handler.reply(308, b"", {"Range": f"bytes=0-{len(data) - 1}"})
            return self.finish(handler, bucket, wanted, metadata, bytes(data))
        if kind == "media":
            return self.finish(handler, bucket, query, {}, body)
        if kind == "multipart":
            boundary = re.search(r'boundary="?([^";]+)', handler.headers["Content-Type"])[1].encode()
            pieces = body.split(b"--" + boundary)
            contents = [piece.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for piece in pieces[1:3]]
            if len(pieces) != 4 or pieces[3].strip() != b"--":
                raise Problem(400, "badRequest", "malformed multipart body")
            return self.finish(handler, bucket, query, json.loads(contents[0]), contents[1])
        if kind == "resumable":
            number = str(len(self.uploads) + 1)
            self.uploads[number] = (json.loads(body or b"{}"), query, bytearray())
            path = f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={number}"
            return handler.reply(200, b"", {"Location": f"http://{handler.headers['Host']}{path}"})
        raise Problem(400, "badRequest", "uploadType")
