"""Ports on 127.0.0.1: free ones, and which a process has really taken."""

import contextlib
import socket

import psutil

LOCALHOST = "127.0.0.1"


def free(count: int) -> list[int]:
    """Different ports that nothing listens on now; someone else may take one before you do."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOCALHOST, 0))
        return [one.getsockname()[1] for one in sockets]


def listening(pid: int) -> set[tuple[str, int]]:
    """The TCP addresses (host, port) that a process listens on; empty when it has ended."""
    try:
        found = psutil.Process(pid).net_connections("tcp")
    except (psutil.Error, OSError):  # it may end while it is looked at
        return set()
    return {
        (one.laddr.ip, one.laddr.port)
        for one in found
        if one.laddr and one.status == psutil.CONN_LISTEN
    }
