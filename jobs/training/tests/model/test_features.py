import hashlib

import numpy as np
import pandas as pd
import pytest

from loan import LOAN, NAMES
from loan_training.data.dataset import Dataset
from loan_training.model.feature_plan import FeaturePlan
from loan_training.model.features import Features
from loan_training.model.onnx_session import probabilities
from loan_training.model.recipe import Recipe, fit
from version_1_features import compile_features

PLAN = FeaturePlan(LOAN)
FEATURES = PLAN.names

WHOLE = {
    "Gender": "Male",
    "Married": "Yes",
    "Dependents": "0",
    "Education": "Graduate",
    "Self_Employed": "No",
    "ApplicantIncome": 4000.0,
    "CoapplicantIncome": 1000.0,
    "LoanAmount": 150.0,
    "Loan_Amount_Term": 360.0,
    "Credit_History": 1.0,
    "Property_Area": "Rural",
}


def rows(*changes):
    return pd.DataFrame([WHOLE | change for change in changes])[list(NAMES)]


@pytest.fixture(scope="module")
def features(training):
    return Features.fit(LOAN, training.applications, logarithms=False)


def transformed(features, *changes):
    return [dict(zip(FEATURES, row.tolist(), strict=True)) for row in features.transform(rows(*changes))[0]]


def test_the_graph_agrees_with_the_formulas_written_in_pandas(features, training):
    frame = training.applications
    loan = frame["LoanAmount"].fillna(frame["LoanAmount"].median())
    income = frame["ApplicantIncome"] + frame["CoapplicantIncome"]
    expected = {
        "CoapplicantIncome": frame["CoapplicantIncome"],
        "LoanAmount": loan,
        "loan_to_income": loan / income.clip(lower=1),
        **{
            name: (frame[column] == value).astype(float)
            for name in FEATURES
            if "=" in name
            for column, value in [name.split("=")]
            if column != "Credit_History"
        },
        "Credit_History=0": (frame["Credit_History"] == 0).astype(float),
        "Credit_History=1": (frame["Credit_History"] == 1).astype(float),
    }
    found, affordability = features.transform(frame)
    assert list(expected) == list(FEATURES)
    np.testing.assert_allclose(found, pd.DataFrame(expected).to_numpy(), rtol=1e-6)
    np.testing.assert_array_equal(affordability, 1)


def test_missing_values_have_their_own_meaning(features, training):
    bare, poor = transformed(
        features,
        {"Education": "", "Property_Area": "", "Credit_History": np.nan},
        {"CoapplicantIncome": np.nan, "LoanAmount": np.nan},
    )
    assert [value for name, value in bare.items() if "=" in name] == [0] * 7
    assert poor["CoapplicantIncome"] == 0
    assert poor["LoanAmount"] == training.applications["LoanAmount"].median()


def test_an_unknown_word_is_read_as_missing(features):
    known, unknown = transformed(features, {"Property_Area": ""}, {"Property_Area": "Moon"})
    assert known == unknown


def test_affordability_falls_beyond_the_reach_of_the_data(features):
    _, affordability = features.transform(
        rows(
            {"LoanAmount": 5000 * features.reach * 0.99},
            {"LoanAmount": 5000 * features.reach * 2},
            {"ApplicantIncome": 0.0, "CoapplicantIncome": 0.0, "LoanAmount": 700.0},
        )
    )
    assert affordability.tolist() == pytest.approx([1, 0.5, features.reach / 700], rel=1e-5)


def test_a_protected_column_does_not_change_the_probability(session, training):
    frame = training.applications
    before = probabilities(session, frame)
    for name in [column.name for column in LOAN.columns if column.use == "protected"]:
        shuffled = frame.assign(**{name: frame[name].to_numpy()[::-1]})
        np.testing.assert_array_equal(probabilities(session, shuffled), before)


def test_every_feature_has_a_monotone_constraint():
    constraints = dict(zip(FEATURES, PLAN.constraints, strict=True))
    assert {name: sign for name, sign in constraints.items() if sign} == {
        **{"CoapplicantIncome": 1, "LoanAmount": -1, "loan_to_income": -1},
        **{"Credit_History=0": -1, "Credit_History=1": 1},
    }


@pytest.mark.parametrize(
    ("logarithms", "sha256"),
    [
        (False, "c850d76a507ad0a4666965158fdac19b38af3304a439eda8f36f7d7f09e22431"),
        (True, "4700eb58c95384b1c1b3fba58d22cc52014b3382789b0bdd2e43deeb83d69068"),
    ],
)
def test_the_bundled_schema_gives_the_graph_that_the_columns_in_code_gave(logarithms, sha256):
    """The graph of contract version 1, which the tests of version 2 compare with."""
    graph = compile_features(PLAN, (3800.0, 0.0, 128.0), 0.25, logarithms)
    assert hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest() == sha256


@pytest.mark.parametrize("column", ["CoapplicantIncome", "LoanAmount", "Credit_History"])
@pytest.mark.parametrize("logarithms", [True, False])
def test_a_part_of_the_rows_without_a_value_of_a_column_has_features_all_the_same(training, column, logarithms):
    emptied = training.applications.assign(**{column: np.nan})
    values, affordability = Features.fit(LOAN, emptied, logarithms).transform(emptied)
    assert np.isfinite(values).all()
    assert np.isfinite(affordability).all()


@pytest.mark.parametrize("column", NAMES)
@pytest.mark.parametrize("family", ["logistic_regression", "xgboost"])
def test_a_column_with_one_value_trains(training, column, family):
    values = training.applications[column]
    present = values[values.notna() & (values != "")].iloc[0]
    constant = Dataset(training.applications.assign(**{column: present}), training.labels, LOAN)
    assert np.isfinite(fit(Recipe.default(family, 7), constant).probabilities(constant.applications)).all()
