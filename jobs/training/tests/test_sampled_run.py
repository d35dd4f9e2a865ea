"""A run on a file above the bounds, which are lowered here so that the file can be small."""

import json

import mlflow
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient

from loan_training.cli import cli

ROWS = 200


@pytest.fixture
def low_bounds(monkeypatch):
    for step in ("compare", "search", "fit", "evaluate"):
        monkeypatch.setattr(f"loan_training.steps.{step}.SELECTION_ROWS", ROWS)
    monkeypatch.setattr("loan_training.model.recipe.CALIBRATION_ROWS", ROWS)
    monkeypatch.setattr("loan_training.evaluation.influence.INFLUENCE_ROWS", 50)


def test_output_summary_and_mlflow_say_what_was_sampled(mlflow_url, low_bounds, tmp_path, caplog):
    caplog.set_level("INFO")
    path = tmp_path / "summary.json"
    command = ["run", "--tracking-uri", mlflow_url, "--model-name", "sampled", "--data", "synthetic:614:7"]
    command += ["--trials", "2", "--cv-repeats", "1", "--summary-json", str(path)]
    answer = CliRunner().invoke(cli, command)
    assert answer.exit_code == 0, answer.output
    summary = json.loads(path.read_text())
    assert 150 <= summary["selection_rows"] <= ROWS
    assert 150 <= summary["cv_rows"] <= ROWS
    assert summary["fit_rows"] == summary["training_rows"]
    said = f"samples: compared and searched on {summary['selection_rows']} of {summary['training_rows']} training rows"
    assert said in answer.output
    assert f"cross-validated on {summary['cv_rows']} of 614 rows" in answer.output
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert f"compared on a sample of {summary['selection_rows']} of {summary['training_rows']} rows" in logged
    mlflow.set_tracking_uri(mlflow_url)
    parameters = MlflowClient().get_run(summary["run_id"]).data.params
    assert parameters["selection_rows"] == str(summary["selection_rows"])
    assert parameters["fit_rows"] == str(summary["fit_rows"])
