"""What MLflow keeps of a run whose columns have any names."""

import pytest
from mlflow.utils.validation import _validate_metric_name

from loan_training.registry.tracking import Tracking, metric_name

COLUMNS = ["Home (own/rent)", "a/../b", "a//b", 'say "x"', "100 %", "Größe in €", "年収", "tab\tbed", "a'b;c", "."]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_metric_of_any_column_has_a_name_that_mlflow_takes(column):
    _validate_metric_name(metric_name(f"four_fifths_{column}"))


@pytest.mark.parametrize("name", ["cv_log_loss", "four_fifths_Property_Area", "holdout_f1", "p 0.5: a-b"])
def test_a_name_that_mlflow_takes_stays(name):
    assert metric_name(name) == name


def test_a_server_keeps_the_metrics_of_every_column(mlflow_url):
    tracking = Tracking.start(mlflow_url, "names", "names")
    tracking.log(metrics={f"four_fifths_{column}": 0.9 for column in COLUMNS})
    kept = tracking.client.get_run(tracking.run_id).data.metrics
    assert set(kept) == {metric_name(f"four_fifths_{column}") for column in COLUMNS}
