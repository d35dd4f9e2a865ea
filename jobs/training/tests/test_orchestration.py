import json
import os
import subprocess
import sys

import httpx
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    ENDPOINT_NOT_FOUND,
    INVALID_PARAMETER_VALUE,
    REQUEST_LIMIT_EXCEEDED,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
)

from conftest import free_port, serving
from loan_training import orchestration
from loan_training.errors import DataRefused
from loan_training.orchestration import RETRIES, is_transient, run_steps
from loan_training.steps import Step


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    monkeypatch.setattr(orchestration, "RETRY_DELAY_SECONDS", 0)


class Flaky:
    def __init__(self, *failures):
        self.failures = list(failures)
        self.tries = 0

    def __call__(self, _context):
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)


def test_runs_the_steps_in_order():
    done = []
    run_steps([Step(name, lambda _context, name=name: done.append(name)) for name in ("a", "b", "c")], None)
    assert done == ["a", "b", "c"]


def test_tries_again_if_the_network_failed():
    flaky = Flaky(ConnectionError(), httpx.ReadTimeout("slow"))
    run_steps([Step("a", flaky)], None)
    assert flaky.tries == 3


def test_gives_up_after_the_retries():
    flaky = Flaky(*[ConnectionError("down")] * 10)
    with pytest.raises(ConnectionError):
        run_steps([Step("a", flaky)], None)
    assert flaky.tries == RETRIES + 1


@pytest.mark.parametrize("error", [DataRefused("bad row"), ValueError("a bug")])
def test_does_not_retry_an_error_that_would_come_again(error):
    flaky, later = Flaky(error), Flaky()
    with pytest.raises(type(error)):
        run_steps([Step("a", flaky), Step("b", later)], None)
    assert (flaky.tries, later.tries) == (1, 0)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (MlflowException("no answer"), True),
        (MlflowException("starting", TEMPORARILY_UNAVAILABLE), True),
        (MlflowException("slower", REQUEST_LIMIT_EXCEEDED), True),
        # The answer of a proxy that has lost MLflow.
        (MlflowException("a page", ENDPOINT_NOT_FOUND), True),
        (MlflowException("no such run", RESOURCE_DOES_NOT_EXIST), False),
        (MlflowException("a bad name", INVALID_PARAMETER_VALUE), False),
    ],
)
def test_an_outage_of_mlflow_is_retried_and_a_refusal_is_not(error, transient):
    assert is_transient(error) == transient


IN_PREFECT = """
from loan_training import orchestration
from loan_training.errors import DataRefused
from loan_training.steps import Step

orchestration.RETRY_DELAY_SECONDS = 0
tries = []

def flaky(context):
    tries.append(1)
    if len(tries) < 2:
        raise ConnectionError("once")

def refused(context):
    tries.append(1)
    raise DataRefused("bad row")

orchestration.run_steps([Step("data", flaky)], None, in_prefect=True)
try:
    orchestration.run_steps([Step("fit", refused)], None, in_prefect=True)
except DataRefused:
    print(len(tries))
"""


def test_a_prefect_server_shows_the_steps_as_tasks_with_their_retries(tmp_path):
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    with serving(command, environment, f"{api}/health", tmp_path / "prefect.log"):
        ran = subprocess.run(
            [sys.executable, "-c", IN_PREFECT],
            env=environment | {"PREFECT_API_URL": api},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout.strip() == "3", ran.stderr
        flows = httpx.post(f"{api}/flow_runs/filter", json={}).json()
        assert sorted(flow["state"]["type"] for flow in flows) == ["COMPLETED", "FAILED"]
        tasks = httpx.post(f"{api}/task_runs/filter", json={}).json()
    runs = {task["name"].split("-")[0]: task["run_count"] for task in tasks}
    assert runs == {"data": 2, "fit": 1}, json.dumps(tasks)[:2000]
