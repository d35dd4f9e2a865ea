"""Several processes that search for one run, over one database."""

import os
import re
import signal
import subprocess
import sys
import time

import optuna
import pytest
from click.testing import CliRunner

from loan_training.cli import cli
from loan_training.errors import TrainingError, Unreachable
from loan_training.model.recipe import Recipe
from loan_training.selection.hyperparameter_search import Progress, search_shared, task_of
from loan_training.selection.study import Storage, finished, wait_for_study

NAME = "loan-eligibility/run-1"
RECIPE = Recipe.default("xgboost", seed=7)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/optuna.db"


@pytest.fixture
def storage(url):
    return Storage(url)


def worker(url, index, *arguments):
    command = [sys.executable, "-m", "loan_training", "run", "--data", "synthetic:614:7", "--jobs", "1"]
    command += ["--optuna-storage", url, "--search-run", "run-1", "--search-index", str(index), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)


def answer(process):
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def test_processes_share_the_trials_of_a_study(url, storage, training):
    helpers = [worker(url, index) for index in (1, 2)]
    for helper in helpers:
        assert any("waiting at most 3600 s for the study" in line for line in helper.stdout)
    study = optuna.create_study(study_name=NAME, storage=storage.open())
    study.enqueue_trial(RECIPE.parameters)
    study.set_user_attr("task", task_of(RECIPE, training, 20))
    # A short search could end before a helper sees its study, so the helpers come first here.
    deadline = time.monotonic() + 60
    while finished(study) == 0:
        assert time.monotonic() < deadline
    found = search_shared(RECIPE, training, 20, 1, storage, NAME)
    outputs = [answer(helper) for helper in helpers]
    assert 2 <= found.workers <= 3
    assert 20 <= len(found.trials) <= 22
    assert found.trials[0].parameters == RECIPE.parameters
    assert found.log_loss <= found.trials[0].log_loss
    assert any("helping with 20 trials of xgboost" in output for output in outputs)
    ran = [int(re.search(r"ran (\d+) trials", output)[1]) for output in outputs]
    assert 0 < sum(ran) <= 22
    assert not any("Warning" in output for output in outputs)


def test_without_helpers_the_search_ends_as_ever(storage, training):
    found = search_shared(RECIPE, training, 3, 1, storage, NAME)
    assert (len(found.trials), found.workers) == (3, 1)


def test_a_trial_of_a_process_that_died_does_not_count_and_does_not_hang_the_search(storage, training):
    search_shared(RECIPE, training, 1, 1, storage, NAME)
    opened = storage.open()
    study = optuna.load_study(study_name=NAME, storage=opened)
    study.ask()
    assert finished(study) == 1
    optuna.delete_study(study_name=NAME, storage=opened)

    study = optuna.create_study(study_name=NAME, storage=opened)
    study.set_user_attr("task", task_of(RECIPE, training, 3))
    study.ask()
    assert len(search_shared(RECIPE, training, 3, 1, storage, NAME).trials) == 3


def test_a_helper_that_is_killed_in_its_trial_leaves_the_search_to_the_others(url, storage, training):
    helper = worker(url, 1)
    assert any("waiting" in line for line in helper.stdout)
    opened = storage.open()
    study = optuna.create_study(study_name=NAME, storage=opened)
    study.set_user_attr("task", task_of(RECIPE, training, 1_000))
    deadline = time.monotonic() + 60
    while not study.get_trials(deepcopy=False) and time.monotonic() < deadline:
        assert helper.poll() is None
    helper.send_signal(signal.SIGKILL)
    helper.communicate(timeout=30)
    study.set_user_attr("task", task_of(RECIPE, training, finished(study) + 2))
    assert len(search_shared(RECIPE, training, finished(study) + 2, 1, storage, NAME).trials) >= 2


def test_a_restarted_search_goes_on_and_other_rows_begin_anew(storage, training):
    first = search_shared(RECIPE, training, 3, 1, storage, NAME)
    assert search_shared(RECIPE, training, 3, 1, storage, NAME) == first
    other = training.take(list(range(300)))
    assert len(search_shared(RECIPE, other, 2, 1, storage, NAME).trials) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--search-wait-seconds", "1"), "did not come within 1 s"),
        (("--trials", "0"), "nothing to search"),
        (("--data", "synthetic:20:7"), "the data is refused"),
    ],
)
def test_a_helper_without_a_search_says_why_and_ends_without_error(url, arguments, said):
    assert said in answer(worker(url, 1, *arguments))


@pytest.mark.parametrize(
    ("arguments", "failure"),
    [
        (("--optuna-storage", "nonsense"), None),
        (("--optuna-storage-password-file", "/does/not/exist"), None),
        ((), ValueError("a fault of the helper")),
        ((), KeyError("study")),
        ((), MemoryError()),
    ],
)
def test_no_failure_of_a_helper_has_an_exit_code_that_ends_the_job(url, monkeypatch, arguments, failure):
    if failure is not None:

        def read_source(*_arguments):
            raise failure

        monkeypatch.setattr("loan_training.selection.search_worker.read_source", read_source)
    command = ["run", "--data", "synthetic:614:7", "--optuna-storage", url, "--search-run", "run-1"]
    answer = CliRunner().invoke(cli, [*command, "--search-index", "1", *arguments])
    assert answer.exit_code == 3, answer.output
    assert "search worker 1 failed, and the run goes on" in answer.output


def test_a_helper_with_other_rows_does_not_help(url, storage, training):
    opened = storage.open()
    study = optuna.create_study(study_name=NAME, storage=opened)
    study.set_user_attr("task", task_of(RECIPE, training.take(list(range(300))), 5))
    assert "about other rows" in answer(worker(url, 1))
    assert finished(study) == 0


def test_waiting_ends_at_its_deadline_or_with_the_task(storage):
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    opened = storage.open()
    assert wait_for_study(opened, NAME, 10, lambda: now[0], sleep) is None
    assert 10 <= now[0] <= 14
    study = optuna.create_study(study_name=NAME, storage=opened)

    def sleep_and_write(seconds):
        sleep(seconds)
        study.set_user_attr("task", {"trials": 3})

    assert wait_for_study(opened, NAME, 10, lambda: now[0], sleep_and_write) == {"trials": 3}


@pytest.mark.parametrize("wait_seconds", [0, 100])
def test_a_database_that_does_not_answer_is_an_outage_and_its_password_is_not_shown(tmp_path, wait_seconds):
    password = tmp_path / "password"
    password.write_text("s3cret/:@\n")
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    with pytest.raises(Unreachable) as refused:
        Storage("postgresql+psycopg2://optuna@127.0.0.1:1/optuna", password, wait_seconds).open(lambda: now[0], sleep)
    assert "s3cret" not in str(refused.value)
    assert refused.value.exit_code == 3
    assert now[0] == max(wait_seconds, 6)


@pytest.mark.parametrize("url", ["nonsense", "", "postgresql", "://"])
def test_a_wrong_url_is_refused(url):
    with pytest.raises(TrainingError, match="not a database URL"):
        Storage(url).open()


def test_a_password_is_the_whole_file_without_the_end_of_its_line(tmp_path):
    password = tmp_path / "password"
    password.write_bytes(b" a:b@c/%41 \r\n")
    assert Storage("postgresql://optuna@postgres/optuna", password)._with_password().password == " a:b@c/%41 "


def test_a_missing_password_file_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="--optuna-storage-password-file"):
        Storage("sqlite://", tmp_path / "none").open()


def test_progress_is_logged_once_in_a_while(caplog):
    now = [0.0]
    caplog.set_level("INFO", logger="search")
    progress = Progress(30, lambda: now[0])
    for done in range(30):
        progress.show(done)
        now[0] += 5
    assert [record.getMessage() for record in caplog.records][:2] == [
        "3 of 30 trials in 15 s",
        "6 of 30 trials in 30 s",
    ]
