import numpy as np
import pytest

from loan_training.model.monotonicity import check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session
from loan_training.model.recipe import Recipe, fit
from scripted_graph import Scripted


def test_the_shipped_family_is_monotone_over_a_fine_grid(session, training):
    found = check_monotonicity(session, training)
    assert found.points >= 100_000
    assert found.holds
    assert found.worst_case_probability < 0.5


def test_an_unconstrained_family_is_caught(training):
    recipe = Recipe(
        "gradient_boosting",
        {"n_estimators": 100, "learning_rate": 0.3, "max_depth": 3, "subsample": 0.7, "min_samples_leaf": 3},
        calibrated=False,
        seed=1,
    )
    found = check_monotonicity(open_session(export(fit(recipe, training))), training, coarse=True)
    assert not found.holds
    assert found.worst_fall > 0.01


@pytest.mark.parametrize(
    ("column", "function"),
    [
        ("ApplicantIncome", lambda c: np.where(c["ApplicantIncome"] > 5000, 0.4, 0.5)),
        ("CoapplicantIncome", lambda c: np.where(c["CoapplicantIncome"] > 2000, 0.4, 0.5)),
        ("LoanAmount", lambda c: np.where(c["LoanAmount"] > 150, 0.5, 0.4)),
        ("Credit_History", lambda c: np.where(c["Credit_History"] == 1, 0.4, 0.5)),
    ],
)
def test_names_the_column_that_breaks_the_order(training, column, function):
    found = check_monotonicity(Scripted(function), training, coarse=True)
    assert not found.holds
    assert found.worst_column == column
    assert found.worst_fall == pytest.approx(0.1, abs=1e-6)


def test_a_break_among_the_unordered_columns_is_found_on_the_fine_grid(training):
    def only_rural(c):
        return np.where((c["Property_Area"] == "Rural") & (c["LoanAmount"] > 150), 0.5, 0.4)

    assert check_monotonicity(Scripted(only_rural), training, coarse=True).holds
    assert not check_monotonicity(Scripted(only_rural), training).holds
