import json
import os
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import loan_training
from conftest import QuietHandler, free_port, local_http
from loan import LOAN
from loan_training import orchestration, waiting
from loan_training.cli import STEPS, cli
from loan_training.data.dataset import parse
from loan_training.data.reading import Reading
from loan_training.errors import TrainingError
from loan_training.registry.reachability import require_reachable
from loan_training.steps import all_steps


def invoke(*arguments):
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("command", ["run", "generate", "score", "sign", *(name for name, _ in STEPS)])
def test_every_command_has_help(command):
    answer = invoke(command, "--help")
    assert answer.exit_code == 0
    assert "Options:" in answer.output


def test_there_is_a_command_for_every_step():
    assert [step.name for step in all_steps()] == [name for name, _ in STEPS]


def test_an_unreachable_mlflow_is_reported_at_once_with_exit_code_3():
    started = time.monotonic()
    answer = invoke("run", "--tracking-uri", f"http://127.0.0.1:{free_port()}")
    assert answer.exit_code == 3
    assert "cannot be reached" in answer.output
    assert "MLFLOW_TRACKING_URI" in answer.output
    assert time.monotonic() - started < 10


class Starting(QuietHandler):
    """An MLflow that is not up at first, then without its database, and answers everything else with 404."""

    asked = 0

    def do_GET(self):  # noqa: N802
        Starting.asked += 1
        ready = self.path == "/health" and Starting.asked > 2
        self.send_response(200 if ready else 404 if Starting.asked > 6 else 503)
        self.end_headers()


def test_a_run_waits_for_an_mlflow_that_is_starting_and_for_its_database(monkeypatch, caplog):
    caplog.set_level("INFO", logger="wait")
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "REPORT_SECONDS", 0)
    monkeypatch.setattr(Starting, "asked", 0)
    with local_http(Starting) as url:
        require_reachable(url, wait_seconds=60)
    told = [record.getMessage() for record in caplog.records]
    assert any("it answered 503" in line for line in told)
    assert any("its database does not answer (503)" in line for line in told)
    assert "answers, after" in told[-1]


def test_a_source_that_does_not_answer_ends_the_run_with_exit_code_3(mlflow_url, monkeypatch):
    monkeypatch.setattr(orchestration, "RETRY_DELAY_SECONDS", 0)
    answer = invoke("run", "--tracking-uri", mlflow_url, "--data", f"http://127.0.0.1:{free_port()}/loans.csv")
    assert answer.exit_code == 3
    assert "ConnectError" in answer.output


def test_an_mlflow_that_fails_during_the_run_ends_the_run_with_exit_code_3(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    class HealthyOnly(QuietHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200 if self.path == "/health" else 503)
            self.end_headers()

    with local_http(HealthyOnly) as url:
        answer = invoke("run", "--tracking-uri", url)
    assert answer.exit_code == 3
    assert "503" in answer.output


def test_a_bad_option_is_refused_with_exit_code_2():
    assert invoke("run", "--promote", "perhaps").exit_code == 2
    assert invoke("run", "--trials", "-1").exit_code == 2


@pytest.mark.parametrize("arguments", [("--promote", "if-better"), ()])
def test_the_old_word_for_the_promotion_mode_is_accepted_with_a_hint(arguments, monkeypatch):
    modes = []

    def refuse(settings, _pushgateway_url):
        modes.append(settings.promote)
        raise TrainingError("nothing to run")

    monkeypatch.setattr("loan_training.run.run_all", refuse)
    if not arguments:
        monkeypatch.setenv("LOAN_PROMOTE", "if-better")
    answer = invoke("run", *arguments)
    assert modes == ["if-not-worse"]
    assert answer.stderr.splitlines() == [
        "hint: --promote if-better is now called if-not-worse; use the new word",
        "error: nothing to run",
    ]


def test_the_new_word_for_the_promotion_mode_gets_no_hint():
    assert "hint" not in invoke("run", "--promote", "if-not-worse", "--trials", "-1").output


def test_generates_a_training_file():
    answer = invoke("generate", "--rows", "200", "--seed", "3")
    assert len(parse(answer.output.encode(), "made", LOAN)) == 200


def test_generates_stream_records():
    lines = invoke("generate", "--rows", "5", "--seed", "3", "--format", "jsonl").output.splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"input", "request_id"}] * 5


def test_no_module_but_cli_reads_the_environment():
    package = Path(loan_training.__file__).parent
    readers = [path.name for path in package.rglob("*.py") if re.search(r"\benviron\b|\bgetenv\b", path.read_text())]
    assert readers == ["cli.py"]


def test_the_prefect_server_is_taken_from_the_option_or_else_from_the_environment(monkeypatch):
    asked = []

    def refuse(settings, _pushgateway_url):
        asked.append((settings.prefect_api_url, os.environ["PREFECT_API_URL"]))
        raise TrainingError

    monkeypatch.setattr("loan_training.run.run_all", refuse)
    monkeypatch.setenv("PREFECT_API_URL", "")
    invoke("run")
    monkeypatch.setenv("PREFECT_API_URL", "http://variable/api")
    invoke("run")
    invoke("run", "--prefect-api-url", "http://option/api")
    assert asked == [
        (None, ""),
        ("http://variable/api", "http://variable/api"),
        ("http://option/api", "http://option/api"),
    ]


@pytest.mark.parametrize(
    ("arguments", "reading"),
    [
        ((), Reading()),
        (("--delimiter", "tab"), Reading(delimiter="\t")),
        (("--delimiter", "\t"), Reading(delimiter="\t")),
        (("--delimiter", ";", "--decimal", ","), Reading(delimiter=";", decimal=",", decimal_stated=True)),
        (("--encoding", "CP1252"), Reading(encoding="cp1252")),
        (("--missing-values", "NA, null,,?"), Reading(missing_values=("NA", "null", "?"))),
        (("--max-data-bytes", "5"), Reading(maximum_bytes=5)),
    ],
)
def test_the_options_of_a_file_reach_its_reader(arguments, reading, monkeypatch):
    found = []

    def refuse(settings, _pushgateway_url):
        found.append(settings.reading)
        raise TrainingError

    monkeypatch.setattr("loan_training.run.run_all", refuse)
    invoke("run", *arguments)
    assert found == [reading]


@pytest.mark.parametrize("option", [("--delimiter", "x"), ("--decimal", ";"), ("--encoding", "punycode")])
def test_an_option_of_a_file_takes_no_other_value(option):
    assert invoke("run", *option).exit_code == 2


@pytest.mark.parametrize("option", ["--model-signing-key", "--signing-key"])
def test_a_signing_key_that_is_none_ends_a_run_before_it_trains(option, tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("no key")
    answer = invoke("run", option, str(path))
    assert answer.exit_code == 2
    assert f"error: {path} holds no private key in PEM" in answer.output
