"""Ports on 127.0.0.1: free ones, and which a process has really taken. Linux only (/proc)."""

import contextlib
import socket
from pathlib import Path

LOCALHOST = "127.0.0.1"
#: The state of a listening socket in /proc/net/tcp (include/net/tcp_states.h).
_LISTEN = "0A"


def free(count: int) -> list[int]:
    """Different ports that nothing listens on now; someone else may take one before you do."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOCALHOST, 0))
        return [one.getsockname()[1] for one in sockets]


def listening(pid: int) -> set[tuple[str, int]]:
    """The TCP addresses (host, port) that a process listens on; empty when it has ended.

    The host is as a person writes it for IPv4, and the kernel's hexadecimal for IPv6.
    """
    try:
        links = [str(entry.readlink()) for entry in _descriptors(pid)]
    except OSError:
        return set()
    ours = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    return {address for inode, address in _listeners() if inode in ours}


def _descriptors(pid: int):
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if entry.is_symlink():  # it may have been closed since it was listed
            yield entry


def _listeners():
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN:
                host, port = fields[1].split(":")
                yield fields[9], (_host(host), int(port, 16))


def _host(digits: str) -> str:
    if len(digits) != 8:
        return digits
    return socket.inet_ntoa(int(digits, 16).to_bytes(4, "little"))
