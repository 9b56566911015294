"""The program of ``plan --script`` in a folder of its own, as its user runs it, and what it wrote."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import tensorstore

from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.script import script

SHAPE = (37, 300, 41)
"""Odd against chunks and shards, and long enough for a second level."""

LAYOUTS = {
    "2.18, 0.4": ("2.18", Layout((16, 32, 16))),
    "3, 0.4": ("3", Layout((16, 32, 16), codec=Codec("blosc-lz4"))),
    "3, 0.5": ("3", Layout((16, 32, 16), (32, 64, 32), Codec("zstd", 3, "none"), 3)),
}
SMALL_BLOCKS = ("BLOCK = 32 * 2**20", "BLOCK = 2**16")
WAIT = 120  # seconds for what should take few


def aws(s3) -> dict:
    """The environment in which AWS's tools find the server."""
    return {
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
        "AWS_DEFAULT_REGION": s3.region,
        "NO_PROXY": "127.0.0.1",
    }


class Program:
    """The program for a layout, in a folder of its own with sources; blocks are small, so there are many."""

    def __init__(
        self,
        python: Path,
        name: str,
        folder: Path,
        blocks=SMALL_BLOCKS,
        pipeline: str | None = None,
    ):
        self.line, self.layout = LAYOUTS[name]
        self.python, self.folder = python, folder
        self.file = folder / "convert.py"
        text = script.text(self.layout, self.line, "convert.py", SHAPE, "float32", pipeline)
        assert blocks[0] in text
        self.file.write_text(text.replace(*blocks))

    def start(self, *words, **environment) -> subprocess.Popen:
        return subprocess.Popen(
            [self.python, self.file, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words, code: int | None = 0, **environment) -> str:
        """What it says; ``code``: how it must end, None for 0 or 1."""
        process = self.start(*words, **environment)
        said, _ = process.communicate(timeout=WAIT * 3)
        assert process.returncode in ((0, 1) if code is None else (code,)), said
        assert "Traceback" not in said
        return said


def read(kvstore: dict, format_: int) -> np.ndarray:
    """An array by tensorstore."""
    spec = {"driver": {2: "zarr", 3: "zarr3"}[format_], "kvstore": kvstore}
    return tensorstore.open(spec, read=True).result().read().result()


def moves_of(folder: Path, level=0) -> list:
    """The numbers of scale and translation of a level of an OME-Zarr 0.4 or 0.5."""
    if (folder / ".zattrs").exists():
        document = json.loads((folder / ".zattrs").read_text())
    else:
        document = json.loads((folder / "zarr.json").read_text())["attributes"]["ome"]
    moves = document["multiscales"][0]["datasets"][level]["coordinateTransformations"]
    return [one[one["type"]] for one in moves]
