from http.server import BaseHTTPRequestHandler

import pytest
from prometheus_client import generate_latest

from conftest import free_port, local_http
from loan_training.pushgateway import failure_metrics, push, success_metrics
from loan_training.summary import Summary

SUMMARY = Summary(
    run_id="r",
    model="loan-eligibility",
    version="3",
    digest="sha256:0",
    family="xgboost",
    promoted=True,
    code="first",
    reason="the first champion",
    rows=614,
    training_rows=500,
    selection_rows=500,
    fit_rows=500,
    cv_rows=614,
    data_fingerprint="f",
    metrics={"auc": 0.78, "log_loss": 0.46},
    holdout={},
    cv={},
    four_fifths={},
    four_fifths_rows=614,
    fairness_minimum=100,
    judged=[],
    threshold=0.5,
    evidence={},
    duplicates={},
    parity=1e-7,
    monotone_points=100_000,
)


@pytest.fixture
def gateway():
    received = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            pass

    with local_http(Gateway) as url:
        yield url, received


def test_success_pushes_scores_and_outcome(gateway):
    url, received = gateway
    push(url, success_metrics(SUMMARY, 12.5, 1000.0))
    ((path, body),) = received
    assert path == "/metrics/job/loan-training"
    for line in (
        "training_duration_seconds 12.5",
        "training_rows 614.0",
        'training_score{metric="auc"} 0.78',
        'training_promoted{reason="first"} 1.0',
        "training_last_success_timestamp_seconds 1000.0",
        "training_failed 0.0",
    ):
        assert line in body


def test_failure_pushes_its_reason_and_keeps_the_last_success():
    body = generate_latest(failure_metrics("data_refused", 3.0, 1000.0)).decode()
    assert "training_failed 1.0" in body
    assert 'training_last_failure_timestamp_seconds{reason="data_refused"} 1000.0' in body
    assert "last_success" not in body


def test_a_gateway_that_is_down_does_not_fail_the_run(caplog):
    push(f"http://127.0.0.1:{free_port()}", failure_metrics("failed", 1.0, 1.0))
    assert "were not pushed" in caplog.text
