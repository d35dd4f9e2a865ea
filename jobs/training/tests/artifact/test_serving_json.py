import json

import jsonschema
import numpy as np
import onnx
import pandas as pd
import pytest

from loan import LOAN, NAMES
from loan_training.artifact.distributions import histogram
from loan_training.artifact.serving_json import background_rows, build_serving, golden_rows, serving_schema
from loan_training.data.dataset import Dataset
from loan_training.model.onnx_export import export
from loan_training.model.onnx_session import open_session, probabilities
from loan_training.model.recipe import Recipe, fit
from loan_training.scoring.contract_model import ContractModel
from loan_training.scoring.graph_file import open_bytes
from loan_training.scoring.serving_contract import check_contract
from made_up_schemas import category, made_schema, number, random_dataset


@pytest.fixture(scope="module")
def document(session, training):
    return json.loads(build_serving(session, training, 7, 0.5))


def frame(rows):
    made = pd.DataFrame(rows)[list(NAMES)]
    words = [name for name in NAMES if not pd.api.types.is_numeric_dtype(made[name])]
    return made.assign(**{name: made[name].fillna("") for name in words})


def test_keeps_the_shared_schema(document):
    jsonschema.Draft202012Validator.check_schema(serving_schema())
    jsonschema.validate(document, serving_schema())


def test_fields_are_the_graphs_inputs_in_order(document, session):
    assert [field["name"] for field in document["fields"]] == [value.name for value in session.get_inputs()]
    assert [field["name"] for field in document["fields"] if field["required"]] == ["ApplicantIncome"]


def test_names_the_matrix_inside_the_graph(document, model):
    assert (document["schemaVersion"], document["encoding"]) == (2, {"input": "matrix", "missingCategory": "nan"})
    graph = onnx.load_from_string(export(model)).graph
    (matrix,) = [one for one in graph.value_info if one.name == "matrix"]
    assert [one.dim_value for one in matrix.type.tensor_type.shape.dim] == [0, len(document["fields"])]


def test_the_matrix_has_another_name_if_a_column_has_its_name():
    dataset = random_dataset(made_schema([number("matrix"), category("area")]), np.random.default_rng(1))
    graph = export(fit(Recipe.default("xgboost", 1), dataset))
    document = json.loads(build_serving(open_session(graph), dataset, 7, 0.5))
    assert document["encoding"]["input"] == "matrix/2"
    contract = check_contract(document)
    served = ContractModel(open_bytes(graph, contract, "model").session, contract)
    whole = probabilities(open_session(graph), dataset.applications)
    np.testing.assert_array_equal(served.probabilities(dataset.applications), whole)


def test_golden_samples_are_the_graphs_answers_with_and_without_gaps(document, session):
    inputs = [sample["input"] for sample in document["golden"]]
    assert len(inputs) == 20
    assert 5 <= sum(None in row.values() for row in inputs) < 20
    bare = {name: None for name in NAMES if name != "ApplicantIncome"}
    assert any(row | bare == row for row in inputs)
    served = probabilities(session, frame(inputs))
    np.testing.assert_allclose(served, [sample["probability"] for sample in document["golden"]], atol=1e-6)


def test_no_applicant_is_in_the_artifact(document, training):
    applicants = set(map(str, training.applications.to_dict("records")))
    for rows in (background_rows(LOAN, training.applications, 7), golden_rows(LOAN, 7)):
        assert not applicants & set(map(str, rows.to_dict("records")))


def test_background_rows_have_the_margins_of_the_data(document, training):
    assert len(document["background"]) == 50
    area = pd.Series([row["Property_Area"] for row in document["background"]])
    share = (training.applications["Property_Area"] == "Semiurban").mean()
    assert (area == "Semiurban").mean() == pytest.approx(share, abs=0.2)


def test_reference_shares_sum_to_one(document):
    for distribution in (*document["reference"]["fields"].values(), document["reference"]["probability"]):
        shares = distribution.get("shares") or distribution["values"].values()
        assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_a_value_on_an_edge_is_in_the_bin_above():
    found = histogram(pd.Series([0.0, 1.0, 1.5, 2.0, np.nan]), [1.0, 2.0])
    assert found == {"edges": [1.0, 2.0], "shares": [0.25, 0.5, 0.25], "missing": 0.2}


def test_the_document_is_the_same_for_the_same_fit(session, training):
    assert build_serving(session, training, 7, 0.5) == build_serving(session, training, 7, 0.5)


def test_a_column_without_values_has_a_distribution_without_shares(session, training):
    emptied = training.applications.assign(Loan_Amount_Term=np.nan, Self_Employed="")
    made = json.loads(build_serving(session, Dataset(emptied, training.labels, LOAN), 7, 0.5))
    fields = made["reference"]["fields"]
    assert fields["Loan_Amount_Term"] == {"edges": [1.0], "shares": [0.0, 0.0], "missing": 1.0}
    assert fields["Self_Employed"] == {"values": {"No": 0.0, "Yes": 0.0}, "missing": 1.0}
    assert all(row["Loan_Amount_Term"] is None for row in made["background"])


@pytest.mark.parametrize("value", [1.0, 360.0, 600.0])
def test_a_column_with_one_value_has_that_value_in_one_bin(session, training, value):
    constant = training.applications.assign(Loan_Amount_Term=value)
    made = json.loads(build_serving(session, Dataset(constant, training.labels, LOAN), 7, 0.5))
    assert made["reference"]["fields"]["Loan_Amount_Term"] == {"edges": [value], "shares": [0.0, 1.0], "missing": 0.0}
