"""The table of powers of ten is what its script makes."""

import pathlib
import subprocess
import sys

CODEC = pathlib.Path(__file__).resolve().parent.parent.parent / "src" / "codec"


def test_the_table_is_the_scripts():
    made = subprocess.run(
        [sys.executable, str(CODEC / "make-powers")], capture_output=True, text=True, check=True
    )
    assert made.stdout == (CODEC / "powers.c").read_text()
