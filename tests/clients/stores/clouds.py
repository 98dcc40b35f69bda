"""Servers that speak like Amazon's and Microsoft's clouds."""

import json
import os
import sys

import boto3
import harness

REGION = "eu-west-1"
ACCOUNT = "devstoreaccount1"
# The emulator's own, public and fixed.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Moto:
    """moto's server, made strict: after the first calls, which make a user with a key and the right to
    do all with S3, every request must be signed by it."""

    CALLS = 6  # of boto3 below
    ROLE = "arn:aws:iam::123456789012:role/puller"

    def __init__(self, run):
        self.port = harness.free_port()
        env = {**harness.clean_environment(), "INITIAL_NO_AUTH_ACTION_COUNT": str(self.CALLS)}
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", self.port]
        self.child = harness.Child("moto", command, str(run), env=env)
        harness.wait_for(lambda: harness.accepts(("127.0.0.1", self.port)), "moto", 60)
        self.url = f"http://127.0.0.1:{self.port}"
        iam = self.client("iam", "first", "first")
        iam.create_user(UserName="sync")
        key = iam.create_access_key(UserName="sync")["AccessKey"]
        self.id, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*"}],
        }
        iam.put_user_policy(UserName="sync", PolicyName="all", PolicyDocument=json.dumps(policy))
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"]}]}
        iam.create_role(RoleName="puller", AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName="puller", PolicyName="all", PolicyDocument=json.dumps(policy))
        self.client("sts", "first", "first").get_caller_identity()
        self.s3 = self.client("s3", self.id, self.secret)
        self.s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})

    def environment(self):
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_REGION": REGION}

    def client(self, service, key, secret):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def put(self, name, data):
        self.s3.put_object(Bucket="models", Key=name, Body=data)

    def body(self, name):
        return self.s3.get_object(Bucket="models", Key=name)["Body"].read()


def find_azurite():
    for place in (os.environ.get("OMEN_CLIENTS", ""), str(harness.ROOT / ".venv-clients" / "stores")):
        path = os.path.join(place, "node_modules", ".bin", "azurite-blob")
        if os.path.exists(path):
            return path
    raise FileNotFoundError("no azurite: tests/clients/run --prepare stores makes it")


class Azurite:
    def __init__(self, run, *options, scheme="http"):
        self.port = harness.free_port()
        command = [find_azurite(), "--blobHost", "127.0.0.1", "--blobPort", self.port, "--location", str(run / "data")]
        command += ["--skipApiVersionCheck", "--disableProductStyleUrl", "--disableTelemetry", *options]
        self.child = harness.Child("azurite", command, str(run), env=harness.clean_environment())
        harness.wait_for(lambda: harness.accepts(("127.0.0.1", self.port)), "azurite", 60)
        self.path = f"/{ACCOUNT}"
        self.url = f"{scheme}://127.0.0.1:{self.port}{self.path}"
