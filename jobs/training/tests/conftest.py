"""Fixtures: made-up and real rows, a fitted model, and a real MLflow server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from loan import LOAN
from loan_training.data.dataset import parse, split
from loan_training.data.source import read_source
from loan_training.library_warnings import WARNING_RULES
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session
from loan_training.model.recipe import Recipe, fit
from scoring_models import contract, graph, write_model

READY_SECONDS = 240


def pytest_configure(config):
    """Tests see the warnings that a run shows."""
    for rule in WARNING_RULES:
        category = rule.category.removeprefix("builtins.")
        config.addinivalue_line("filterwarnings", f"{rule.action}:{rule.message}:{category}:{rule.module}")


@pytest.fixture(scope="session")
def dataset():
    return parse(read_source("synthetic:614:7", 1 << 20, LOAN), "synthetic", LOAN)


@pytest.fixture(scope="session")
def training(dataset):
    return split(dataset)[0]


@pytest.fixture(scope="session")
def model(training):
    return fit(Recipe.default("xgboost", seed=7), training)


@pytest.fixture(scope="session")
def session(model):
    return open_session(export(model))


@pytest.fixture(scope="session")
def real_csv() -> Path:
    path = os.environ.get("LOAN_DATA_CSV")
    if not path:
        pytest.skip("LOAN_DATA_CSV is unset; set it to the CSV of the public data")
    return Path(path)


@pytest.fixture
def model_directory(tmp_path):
    """A model made by hand, with its contract."""
    return write_model(tmp_path / "granting", contract(), graph())


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory):
    """A real MLflow server on a free loopback port, with SQLite and proxied artifacts."""
    root = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{root}/mlflow.db", "--artifacts-destination", str(root / "artifacts")),
    ]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with serving(command, environment, f"http://127.0.0.1:{port}/health", root / "server.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def files_url(tmp_path):
    """A web server over `tmp_path`."""
    handler = partial(QuietHandler, directory=str(tmp_path))
    with local_http(handler) as url:
        yield url


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@contextmanager
def local_http(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(command, environment, health, log):
    """Starts a server, waits until it answers, and stops it with all its workers afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(health):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[2:4]} did not get ready: {log.read_text()[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _answers(url):
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
