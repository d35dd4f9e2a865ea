"""The run in MLflow: a parent run, with a nested run for each family, trial and evaluated model."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

if TYPE_CHECKING:
    from pathlib import Path

# MLflow's limit for the parameters of one batch.
BATCH_PARAMS = 100
# Characters that MLflow refuses in the name of a metric. A slash would also make a path of the name.
REFUSED_IN_NAMES = re.compile(r"[^\w\-. :]")


class Tracking:
    """A parent run and its nested runs. Values are not rounded."""

    def __init__(self, client: MlflowClient, experiment_id: str, run_id: str) -> None:
        self.client = client
        self.run_id = run_id
        self._experiment_id = experiment_id

    @classmethod
    def start(cls, tracking_uri: str, experiment: str, run_name: str) -> Tracking:
        client = MlflowClient(tracking_uri)
        known = client.get_experiment_by_name(experiment)
        experiment_id = known.experiment_id if known else client.create_experiment(experiment)
        run = client.create_run(experiment_id, run_name=run_name)
        return cls(client, experiment_id, run.info.run_id)

    @classmethod
    def resume(cls, tracking_uri: str, run_id: str) -> Tracking:
        client = MlflowClient(tracking_uri)
        run = client.get_run(run_id)
        if run.info.status != "RUNNING":
            client.update_run(run_id, status="RUNNING")
        return cls(client, run.info.experiment_id, run_id)

    def log(
        self,
        params: dict[str, Any] | None = None,
        metrics: dict[str, float] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        self._log(self.run_id, params, metrics, tags)

    def log_child(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        metrics: dict[str, float] | None = None,
        tags: dict[str, str] | None = None,
        parent: str | None = None,
    ) -> str:
        """Logs a finished nested run. Returns its id, under which other runs can be nested."""
        run = self.client.create_run(
            self._experiment_id, run_name=name, tags={MLFLOW_PARENT_RUN_ID: parent or self.run_id}
        )
        self._log(run.info.run_id, params, metrics, tags)
        self.client.set_terminated(run.info.run_id)
        return run.info.run_id

    def log_directory(self, directory: Path, artifact_path: str) -> None:
        self.client.log_artifacts(self.run_id, str(directory), artifact_path)

    def finish(self, failed: bool = False) -> None:
        self.client.set_terminated(self.run_id, "FAILED" if failed else "FINISHED")

    def _log(
        self,
        run_id: str,
        params: dict[str, Any] | None,
        metrics: dict[str, float] | None,
        tags: dict[str, str] | None,
    ) -> None:
        now = int(time.time() * 1000)
        self.client.log_batch(
            run_id,
            metrics=[Metric(metric_name(key), float(value), now, 0) for key, value in (metrics or {}).items()],
            params=[Param(key, str(value)) for key, value in (params or {}).items()][:BATCH_PARAMS],
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
        )


def metric_name(name: str) -> str:
    """The name with `_` for each character that MLflow refuses, because names of columns are part of some metrics."""
    return REFUSED_IN_NAMES.sub("_", name)
