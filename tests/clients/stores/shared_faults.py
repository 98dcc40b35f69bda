"""What the test of each store begins with, and what every store withstands in the same way."""

import os

import pytest

BYTES = os.urandom(3_000_000)


def fill(put):
    """A version below m, and neighbours of the prefix that no listing of it may name."""
    put("m/risk/3/model.onnx", BYTES)
    put("m/risk/3/empty", b"")
    put("m2/other", b"x")
    put("m", b"not below")


class SharedFaults:
    """With the module's own `probe` (of m) and `front`, the proxy that it goes through."""

    OBJECTS = ".*"  # the paths of the store, where other services' go through the proxy, too
    DOWNLOAD = "model.onnx"  # the paths that bring an object's bytes

    @pytest.mark.parametrize("action", ["truncate", "truncate_silently", "reset", "lose_reply"])
    def test_cut_downloads_are_completed(self, probe, front, action):
        front.add(action, self.DOWNLOAD, "GET", times=3)
        answer, data = probe.get("risk/3/model.onnx", part=1_000_000)
        assert answer.good and data == BYTES

    def test_a_redirect_takes_no_credentials_elsewhere(self, probe, front, faults):
        elsewhere = faults(front.target)
        front.add("redirect", self.OBJECTS, to=elsewhere.url, times=100)
        assert not probe.list().good and not probe.get("risk/3/model.onnx")[0].good
        assert elsewhere.seen == []
