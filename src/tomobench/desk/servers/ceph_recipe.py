"""How a Ceph RGW server is started: a monitor, one storage daemon in memory, and the S3 gateway."""

import secrets
import shutil
import socket
import threading
import uuid
from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ports
from tomobench.desk.servers.house import House

#: Debian's packages, and a program that each brings.
PACKAGES = {
    "radosgw": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "ceph-common": "ceph",
    "ceph-base": "monmaptool",
}
#: Bytes of objects that the storage daemon may keep in memory. Seconds after it has more, requests
#: stall, deletions too; so what is written at full speed meanwhile comes on top.
CAPACITY = 2 << 30
#: The entities that talk to each other, and what each may do.
ENTITIES = {
    "mon.": ["mon"],
    "client.admin": ["mon", "osd"],
    "osd.0": ["mon", "osd"],
}

CONFIGURATION = """\
[global]
fsid = {cluster}
mon host = {monitor}
public addr = {host}
cluster addr = {host}
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
admin socket =
# It would not start on a disk of which less than 5 % is free, whatever the size of the disk.
mon data avail crit = 0
mon data avail warn = 0
# One copy of everything, in memory.
osd objectstore = memstore
memstore device bytes = {capacity}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
# Otherwise the monitor gathers changes for seconds, and the start takes 11 s in place of 1 s.
paxos propose interval = 0.05
paxos min wait = 0.01
[client.admin]
# Without tcp_nodelay some answers stall for 47 ms.
rgw frontends = beast endpoint={host}:{port} tcp_nodelay=1
rgw thread pool size = 64
# Deleted objects are forgotten within seconds, not hours: they are in memory.
rgw gc obj min wait = 5
rgw gc processor period = 5
# Each request, whatever bucket it names, to our own reader, with its Range header.
rgw enable ops log = true
rgw ops log rados = false
rgw ops log socket path = {folder}/requests.sock
rgw log nonexistent bucket = true
rgw log http headers = http_range
"""


def missing() -> list[str]:
    """Debian's packages that have to be installed first."""
    return [package for package, program in PACKAGES.items() if shutil.which(program) is None]


def require() -> None:
    """Raises UserError, with the command that installs it, when Ceph RGW is not there."""
    if absent := missing():
        raise UserError(
            f"Ceph RGW is not installed: apt-get install --no-install-recommends {' '.join(absent)}"
        )


def start(house: House) -> dict:
    """Start it, with a user of its own; returns where it is. Raises UserError."""
    require()
    monitor_port, old_port, port = ports.free(3)
    monitor = f"[v2:{ports.LOCALHOST}:{monitor_port}/0,v1:{ports.LOCALHOST}:{old_port}/0]"
    cluster = str(uuid.uuid4())
    configuration = house.folder / "ceph.conf"
    configuration.write_text(
        CONFIGURATION.format(
            cluster=cluster,
            monitor=monitor,
            host=ports.LOCALHOST,
            port=port,
            folder=house.folder,
            capacity=CAPACITY,
        )
    )
    _start_storage(house, configuration, cluster, monitor, monitor_port)
    gateway = house.start("radosgw", "-c", configuration, "-n", "client.admin", "-f")
    house.wait_for_port(gateway, port)
    log = house.folder / "requests.log"
    _keep_log(house.folder / "requests.sock", log)
    keys = _create_user(house, configuration)
    return {"url": f"http://{ports.LOCALHOST}:{port}", "log": str(log), **keys}


def _start_storage(
    house: House, configuration: Path, cluster: str, monitor: str, port: int
) -> None:
    for entity, services in ENTITIES.items():
        allowed = [word for service in services for word in ("--cap", service, "allow *")]
        make = ["--gen-key", "-n", entity, *allowed]
        if not (house.folder / "keyring").exists():
            make.append("--create-keyring")
        house.run("ceph-authtool", "keyring", *make)
    for name in ("mon", "osd", "rgw"):
        (house.folder / name).mkdir()
    house.run("monmaptool", "--create", "--fsid", cluster, "--addv", "a", monitor, "monmap")
    mon = ["ceph-mon", "-c", configuration, "-i", "a"]
    house.run(*mon, "--mkfs", "--monmap", "monmap", "--keyring", "keyring")
    house.wait_for_port(house.start(*mon, "-f"), port)
    disk = str(uuid.uuid4())
    house.run("ceph", "-c", configuration, "osd", "new", disk)
    osd = ["ceph-osd", "-c", configuration, "-i", "0"]
    # Without the same identity the monitor would never let it in.
    house.run(*osd, "--mkfs", "--osd-uuid", disk)
    house.start(*osd, "-f")


def _create_user(house: House, configuration: Path) -> dict:
    access_key, secret_key = secrets.token_hex(8), secrets.token_hex(16)
    user = ["--uid", "tomobench", "--display-name", "tomobench"]
    keys = ["--access-key", access_key, "--secret-key", secret_key]
    admin = ["radosgw-admin", "-c", configuration, "-n", "client.admin"]
    house.run(*admin, "user", "create", *user, *keys)
    return {"access_key": access_key, "secret_key": secret_key}


def _keep_log(address: Path, log: Path) -> None:
    """Write what the gateway says of each request to a file that any process can read."""
    source = socket.socket(socket.AF_UNIX)
    source.connect(str(address))
    log.touch()
    threading.Thread(target=_copy, args=(source, log), daemon=True).start()


def _copy(source: socket.socket, log: Path) -> None:
    with source, open(log, "ab", buffering=0) as file:
        while piece := source.recv(1 << 16):
            file.write(piece)
