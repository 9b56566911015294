"""The process that removes what a run wrote to a user's bucket, also when the run was killed.

    python -m tomobench.desk.servers.janitor PARENT_PID

It is told the place, one line of JSON on its input, and waits until the input is closed or the
parent has ended, by whatever. Then it deletes what is below the place's prefix, and nothing else.
It lives in a session of its own: Ctrl-C does not come here.
"""

import contextlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from tomobench.desk.errors import UserError
from tomobench.desk.servers import supervisor
from tomobench.desk.servers.endpoint import Endpoint

#: Deletions under way at once: one by one they would take a round trip each.
AT_ONCE = 16


@contextlib.contextmanager
def cleaning_up(endpoint: Endpoint, bucket: str, prefix: str):
    """Have all below the prefix removed after the block, or after this process has ended.

    Raises UserError when it could not be.
    """
    if not prefix:
        raise ValueError("a bucket without a prefix is not ours to clean up")
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid())],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None  # a pipe
    told = {"endpoint": asdict(endpoint), "bucket": bucket, "prefix": prefix}
    print(json.dumps(told), file=process.stdin, flush=True)
    try:
        yield
    finally:
        process.stdin.close()
        failed = process.wait()
    if failed:
        raise UserError(f"not all below {bucket}/{prefix} could be removed: do it by hand")


def main(parent: int) -> None:
    """Wait for the end of ``parent``, a process id, and clean up."""
    told = json.loads(sys.stdin.readline())
    while not supervisor.gone(parent):
        pass
    remove_all(Endpoint(**told["endpoint"]), told["bucket"], told["prefix"])


def remove_all(endpoint: Endpoint, bucket: str, prefix: str) -> None:
    """Delete what is below a prefix. In a bucket with versions, older versions stay."""
    client = endpoint.client(max_pool_connections=AT_ONCE)

    def delete(key: str) -> None:
        client.delete_object(Bucket=bucket, Key=key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        # A list, so that a deletion that failed is raised here.
        list(pool.map(delete, _keys(client, bucket, prefix)))


def _keys(client, bucket: str, prefix: str):
    """The keys below the prefix, whatever the service answers."""
    pages = client.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            if entry["Key"].startswith(prefix):
                yield entry["Key"]


if __name__ == "__main__":
    main(int(sys.argv[1]))
