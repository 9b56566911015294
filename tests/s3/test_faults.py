"""Faults of a server, with a real one: when it is gone itself, no release has failed."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.s3.release_process import python_of_line, variables_of
from tomobench.desk.servers.service import Service


@pytest.fixture
def service(monkeypatch):
    """asv's service, with a server of its own."""
    monkeypatch.delenv("TOMOBENCH_S3_URL", raising=False)
    one = Service()
    yield one
    one.close()


@pytest.fixture
def begin(installed, service, tmp_path):
    """A function that has a release try a fault of a store that was noted as right before."""
    environment, history = installed

    def began(version, client):
        release = history.find(version)
        python, script = (
            python_of_line(environment, release),
            Path(__file__).with_name("outcomes.py"),
        )
        variables = {**variables_of(environment, release), **service.variables}
        process = subprocess.Popen(
            [python, script, tmp_path, client],
            **dict.fromkeys(("stdin", "stdout"), subprocess.PIPE),
            env={**os.environ, **variables, "TOMOBENCH_CACHE": str(tmp_path)},
            text=True,
        )
        assert process.stdout.readline() == "noted\n"
        return process

    return began


@pytest.mark.parametrize("client", ["s3fs", "obstore"])
def test_a_server_that_is_there_has_an_outcome(begin, client):
    said, _ = begin("3.4.2", client).communicate("go on\n")
    assert said.startswith("outcome 0")


@pytest.mark.parametrize("client", ["s3fs", "obstore"])
def test_a_server_that_was_killed_is_no_failure_of_a_release(begin, client, service, tmp_path):
    process = begin("3.4.2", client)
    for pid in service.place().endpoint.pids:
        os.kill(pid, signal.SIGKILL)
    said, _ = process.communicate("go on\n")
    assert said.startswith("not measured the S3 server does not answer")
    assert not list(tmp_path.rglob("faults-*.json"))
