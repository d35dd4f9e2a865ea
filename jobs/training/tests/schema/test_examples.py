"""The schemas of two other lenders, from made-up rows to a checked graph and its serving.json."""

import json
from pathlib import Path

import numpy as np
import pytest

import loan_training
from loan_training.artifact.serving_json import build_serving
from loan_training.data.dataset import parse, split
from loan_training.data.synthetic import as_csv, generate
from loan_training.model.monotonicity import check_monotonicity
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from loan_training.schema.document import load_schema

EXAMPLES = Path(loan_training.__file__).parents[2] / "schemas" / "examples"


@pytest.fixture(scope="module", params=["loan-approval", "credit-default"])
def data(request):
    schema = load_schema(str(EXAMPLES / f"{request.param}.yaml"))
    return parse(as_csv(schema, generate(schema, 3000, 5)).encode(), "made.csv", schema)


@pytest.mark.parametrize("family", ["xgboost", "logistic_regression"])
def test_a_fit_exports_and_keeps_its_directions(data, family):
    training, holdout = split(data)
    model = fit(Recipe.default(family, 7), training)
    session = open_session(export(model))
    served = probabilities(session, holdout.applications)
    np.testing.assert_allclose(served, model.probabilities(holdout.applications), atol=1e-5)
    assert served.std() > 0.1
    if family == "xgboost":
        assert check_monotonicity(session, training).holds


def test_its_contract_has_the_fields_and_the_reasons(data):
    session = open_session(export(fit(Recipe.default("xgboost", 7), data)))
    contract = json.loads(build_serving(session, data, 7, 0.5))
    assert [field["name"] for field in contract["fields"]] == list(data.schema.names)
    named = {name for factor in contract["reasons"]["factors"] for name in factor["fields"]}
    assert named == set(data.schema.scored)
    assert set(contract["reasons"]["reference"]) == set(data.schema.names)


def test_a_file_padded_with_spaces_is_the_same_data():
    schema = load_schema(str(EXAMPLES / "loan-approval.yaml"))
    frame = generate(schema, 300, 5)
    padded = frame.rename(columns=lambda name: name if name == "loan_id" else f" {name}")
    padded = padded.map(lambda value: f" {value}" if isinstance(value, str) else value)
    plain = parse(as_csv(schema, frame).encode(), "plain.csv", schema)
    assert parse(padded.to_csv(index=False).encode(), "padded.csv", schema).fingerprint() == plain.fingerprint()


def test_the_columns_of_the_public_credit_file_are_read_or_ignored():
    schema = load_schema(str(EXAMPLES / "credit-default.yaml"))
    months = {f"{name}{month}": 0 for name in ("PAY_", "BILL_AMT", "PAY_AMT") for month in (3, 4, 5, 6)}
    public = generate(schema, 300, 5).assign(**months)
    public = public.rename(columns={"default payment next month": "default.payment.next.month"})
    assert len(parse(public.to_csv(index=False).encode(), "public.csv", schema).labels) == 300
