"""The Optuna study of a search, which processes of several pods may share in a database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from loan_training.errors import TrainingError, Unreachable
from loan_training.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import URL

UNPRUNED_TRIALS = 5
# A trial without a sign of life for GRACE_SECONDS counts as failed, and its parameters are tried once more.
HEARTBEAT_SECONDS = 15
GRACE_SECONDS = 60
POLL_SECONDS = 2
# Attribute of a study that says what is searched. It is written last, so a study that has it is complete.
TASK = "task"
# Attribute of a trial: index of the pod that ran it.
WORKER = "worker"
# A hanging database must not hang the run.
POSTGRES_CONNECT_ARGS = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,
    "options": "-c statement_timeout=30000 -c lock_timeout=30000",
}

# The other pods of a run open the database in the same second.
OPENING_SECONDS = 6

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
OUTAGES = (StorageInternalError, SQLAlchemyError)


@dataclass(frozen=True)
class Storage:
    """URL of a database of Optuna, and the file that holds its password. Without a file the URL is used as it is."""

    url: str
    password_file: Path | None = None
    wait_seconds: float = 0

    def open(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> RDBStorage:
        """Makes Optuna's tables if they are missing. Raises Unreachable if the database does not answer.

        A try may fail because another process makes the tables at the same time, so there is another one.
        """
        url = self._with_password()
        found: list[RDBStorage] = []
        failures: list[Exception] = []

        def why_not() -> str | None:
            try:
                found.append(_open(url))
            except OUTAGES as error:
                failures.append(error)
                return type(error.__cause__ or error).__name__
            return None

        seconds = max(self.wait_seconds, OPENING_SECONDS)
        if wait_for("the database of --optuna-storage", seconds, why_not, clock, sleep) is not None:
            raise unreachable(failures[-1]) from failures[-1]
        return found[0]

    def _with_password(self) -> URL:
        try:
            url = make_url(self.url)
        except ArgumentError as error:
            raise TrainingError(
                "--optuna-storage is not a database URL; expected such as postgresql+psycopg2://USER@HOST:5432/DATABASE"
            ) from error
        if self.password_file is None:
            return url
        try:
            return url.set(password=self.password_file.read_text("utf-8").rstrip("\r\n"))
        except OSError as error:
            raise TrainingError(f"--optuna-storage-password-file: {error}; name a file that can be read") from error


def _open(url: URL) -> RDBStorage:
    postgres = url.get_backend_name() == "postgresql"
    return RDBStorage(
        url.render_as_string(hide_password=False),
        engine_kwargs={"pool_pre_ping": True, "connect_args": POSTGRES_CONNECT_ARGS if postgres else {}},
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=GRACE_SECONDS,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(max_retry=1),
    )


def unreachable(error: Exception) -> Unreachable:
    """The message does not repeat that of the driver, because that may hold the URL."""
    cause = error.__cause__ or error
    return Unreachable(f"the database of --optuna-storage does not answer: {type(cause).__name__}")


def sampler(seed: int) -> optuna.samplers.TPESampler:
    """A trial that still runs elsewhere counts as a bad one, so that other processes do not try its neighbours."""
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)


def pruner() -> optuna.pruners.MedianPruner:
    return optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=0)


def finished(study: optuna.Study) -> int:
    """Number of trials that any process completed or pruned. Trials of a process that died do not count."""
    return len(study.get_trials(deepcopy=False, states=FINISHED))


def wait_for_study(
    storage: RDBStorage,
    name: str,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict | None:
    """The task of the study, as soon as another process has made it. None if that takes longer than `seconds`."""
    for _ in _until(clock() + seconds, clock, sleep):
        try:
            study_id = storage.get_study_id_from_name(name)
            task = storage.get_study_user_attrs(study_id).get(TASK)
        except KeyError:
            continue
        if task is not None:
            return task
    return None


def _until(deadline: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[None]:
    yield
    while clock() < deadline:
        sleep(POLL_SECONDS)
        yield
