import numpy as np
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from loan_training.errors import ModelRefused
from loan_training.scoring.model_source import load_directory
from scoring_models import contract, graph, write_model


def load(tmp_path, document, model=None):
    return load_directory(write_model(tmp_path / "model", document, model or graph()), "model")


def test_a_class_of_two_columns_is_taken_by_name(tmp_path):
    loaded = load(tmp_path, contract(width=2), graph(width=2))
    columns = loaded.model.columns([["town", 30.0], ["village", 5.0]])
    assert loaded.model.scores(columns) == pytest.approx([0.880797, 0.182426], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "width", "message"),
    [
        ({"outputClasses": None}, 2, "add outputClasses"),
        ({"outputClasses": ["no", "yes"]}, 1, "remove outputClasses"),
        ({"output": "other"}, 1, "no output other"),
        ({"outputClasses": ["a", "b"]}, 2, "without decision.positiveClass"),
        ({"golden": [{"input": {"area": "town", "income": 20}, "probability": 0.1}]}, 1, "golden sample 0"),
        ({"groups": ["income"]}, 1, "group income is not a string field"),
        ({"schemaVersion": 3}, 1, "breaks its schema"),
        ({"schemaVersion": 2}, 1, "encoding"),
    ],
)
def test_refuses_what_a_server_refuses(tmp_path, change, width, message):
    document = contract(width) | change
    document = {name: value for name, value in document.items() if value is not None}
    with pytest.raises(ModelRefused, match=message):
        load(tmp_path, document, graph(width))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([{"name": "income", "type": "number", "required": True}], "no field area"),
        (
            [
                {"name": "area", "type": "number", "required": True},
                {"name": "income", "type": "number", "required": True},
            ],
            "should be float32",
        ),
    ],
)
def test_refuses_fields_that_the_graph_does_not_have(tmp_path, fields, message):
    document = contract() | {"fields": fields}
    del document["reasons"]
    with pytest.raises(ModelRefused, match=message):
        load(tmp_path, document)


def test_refuses_files_that_are_not_those_of_the_digest(model_directory):
    with pytest.raises(ModelRefused, match="its tag says sha256:0"):
        load_directory(model_directory, "model", "3", "sha256:0")


def test_a_graph_that_is_none_is_refused(model_directory):
    (model_directory / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelRefused, match="ONNX"):
        load_directory(model_directory, "model")


def test_a_directory_without_serving_json_says_what_writes_it(model_directory):
    (model_directory / "serving.json").unlink()
    with pytest.raises(ModelRefused, match="loan-training contract"):
        load_directory(model_directory, "model")


def test_rows_on_which_the_graph_fails_are_alone_without_a_score(model_directory):
    model = load_directory(model_directory, "model").model
    whole = model.scores

    def scores(columns):
        if (columns["income"] == 13).any():
            raise Fail("the graph failed")
        return whole(columns)

    model.scores = scores
    found = model.scores_apart(model.columns([["town", float(income % 17)] for income in range(500)]))
    assert [at for at, score in enumerate(found) if np.isnan(score)] == list(range(13, 500, 17))


def test_the_reference_of_the_reasons_needs_the_fields_of_the_factors_alone(tmp_path):
    document = contract()
    document["reasons"]["reference"] = {"area": "town"}
    with pytest.raises(ModelRefused, match=r"reasons\.reference: income is missing"):
        load(tmp_path, document)
    document["reasons"]["factors"] = document["reasons"]["factors"][1:]
    assert load(tmp_path, document).model.contract.reasons is not None
