"""Contract version 2: the graph is cut at the matrix, and rows are encoded for the matrix."""

import json

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper

from loan_training.errors import ModelRefused
from loan_training.scoring.batch import decide_chunk
from loan_training.scoring.contract_model import ContractModel
from loan_training.scoring.cut_graph import cut_graph
from loan_training.scoring.graph_file import open_bytes
from loan_training.scoring.model_source import load_directory
from loan_training.scoring.records import Row
from loan_training.scoring.serving_contract import check_contract
from scoring_models import contract, graph, matrix_contract, matrix_graph, probability, write_model

# What the front of the graph gives for a missing area.
CODES = {"nan": None, "code": 2.0}
ROWS = [["town", 30.0], ["village", 5.0], ["", 12.0]]


def load(tmp_path, document, model):
    return load_directory(write_model(tmp_path / "model", document, model), "model").model


@pytest.mark.parametrize("missing", ["nan", "code"])
@pytest.mark.parametrize("front", [True, False])
def test_a_graph_with_a_matrix_gives_the_scores_of_the_graph_of_columns(tmp_path, front, missing):
    model = load(tmp_path, matrix_contract(missing), matrix_graph(front, CODES[missing]))
    assert model.scores(model.columns(ROWS)) == pytest.approx(
        [probability(30, "town"), probability(5, "village"), probability(12, "")], abs=1e-6
    )


@pytest.mark.parametrize(("missing", "expected"), [("nan", np.nan), ("code", 2.0)])
def test_a_word_is_its_place_and_a_missing_word_is_what_the_contract_says(tmp_path, missing, expected):
    columns = load(tmp_path, matrix_contract(missing), matrix_graph(missing=CODES[missing])).columns(ROWS)
    np.testing.assert_array_equal(columns["area"], np.array([0, 1, expected], np.float32))
    np.testing.assert_array_equal(columns["income"], np.array([30, 5, 12], np.float32))


@pytest.mark.parametrize("missing", ["nan", "code"])
def test_decisions_and_reasons_are_those_of_version_1(tmp_path, missing):
    rows = [Row(str(at), {"area": area, "income": at % 40}) for at, area in enumerate(["town", "village", ""] * 60)]
    old, new = (
        decide_chunk(load(tmp_path, *one), rows, 1)
        for one in ((contract(), graph()), (matrix_contract(missing), matrix_graph(missing=CODES[missing])))
    )
    assert [one.reasons for one in new] == [one.reasons for one in old]
    assert [one.positive for one in new] == [one.positive for one in old]
    assert [one.probability for one in new] == pytest.approx([one.probability for one in old], abs=1e-6)
    assert any(one.reasons for one in new)


def test_a_frame_is_scored_as_the_same_rows(tmp_path):
    for document, model in ((contract(), graph()), (matrix_contract(), matrix_graph())):
        loaded = load(tmp_path, document, model)
        frame = pd.DataFrame({"area": [row[0] for row in ROWS], "income": [row[1] for row in ROWS]})
        np.testing.assert_array_equal(loaded.probabilities(frame), loaded.scores(loaded.columns(ROWS)))


def leaking():
    """A graph whose probability also reads a column past the matrix."""
    model = matrix_graph()
    next(node for node in model.graph.node if node.op_type == "Mul").input[0] = "income"
    return model


def retyped(kind):
    model = matrix_graph(front=False)
    model.graph.input[0].type.tensor_type.elem_type = kind
    model.graph.node.insert(0, helper.make_node("Cast", ["matrix"], ["cast"], to=TensorProto.FLOAT))
    model.graph.node[1].input[0] = "cast"
    return model


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (leaking(), {}, "output positive also depends on the input income"),
        (matrix_graph(), {"input": "other"}, "the graph has no tensor other; its inputs are area, income"),
        (matrix_graph(), {"input": "place"}, r"tensor place is float \[N, 1\]; rule: float \[N, 2\]"),
        (matrix_graph(), {"input": "is_town"}, "tensor is_town is bool"),
        (matrix_graph(False), {"input": "other"}, "the graph has no tensor other; its inputs are matrix"),
        (retyped(TensorProto.DOUBLE), {}, r"should be float32 \[N, 2\], a column for each field: export"),
    ],
)
def test_refuses_a_matrix_through_which_not_every_field_passes(tmp_path, model, change, message):
    document = matrix_contract()
    document["encoding"] |= change
    with pytest.raises(ModelRefused, match=message):
        load(tmp_path, document, model)


def fronted(node, missing=None, **values):
    """The graph with another node before the income of its matrix."""
    model = matrix_graph(missing=missing)
    model.graph.node.insert(0, node)
    next(one for one in model.graph.node if one.op_type == "Concat").input[1] = node.output[0]
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value, np.float32), name) for name, value in values.items()
    )
    return model


def reordered():
    model = matrix_graph()
    encoder = next(one for one in model.graph.node if one.op_type == "LabelEncoder")
    next(one for one in encoder.attribute if one.name == "values_floats").floats[:] = [1, 0]
    return model


def with_an_input_more():
    model = matrix_graph()
    model.graph.input.append(helper.make_tensor_value_info("extra", TensorProto.FLOAT, ["N", 1]))
    return model


def clipped(high):
    return fronted(helper.make_node("Clip", ["income", "", "high"], ["clipped"]), high=high)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (reordered(), 'tensor matrix holds 1 for area "town", but encoding says 0: let the graph make the matrix'),
        (matrix_graph(missing=-1.0), "tensor matrix holds -1 for area null, but encoding says NaN"),
        (clipped(60), "tensor matrix holds 60 for income 100, but encoding says 100"),
        (with_an_input_more(), "serving.json has no field extra"),
        (
            fronted(helper.make_node("Gather", ["income", "place_1"], ["one"], axis=1)),
            "its front: onnxruntime cannot load the graph",
        ),
    ],
)
def test_refuses_a_front_that_makes_another_matrix(tmp_path, model, message):
    with pytest.raises(ModelRefused) as refused:
        load(tmp_path, matrix_contract(), model)
    assert message in str(refused.value)


def test_the_levels_of_a_number_are_its_only_values(tmp_path):
    document = matrix_contract()
    document["fields"][1]["levels"] = [10, 20, 30]
    load(tmp_path, document, clipped(60))
    with pytest.raises(ModelRefused, match="holds 25 for income 30, but encoding says 30"):
        load(tmp_path, document, clipped(25))


def test_a_front_may_write_anything_for_a_required_word_that_is_missing(tmp_path):
    document = matrix_contract()
    document["fields"][0]["required"] = True
    load(tmp_path, document, matrix_graph(missing=-1.0))


def test_a_front_is_compared_at_each_word(tmp_path):
    document = matrix_contract()
    words = ["town", "village", *(f"word {at}" for at in range(3_000))]
    document["fields"][0]["values"] = words
    model = matrix_graph()
    encoder = next(one for one in model.graph.node if one.op_type == "LabelEncoder")
    keys, codes = (
        next(one for one in encoder.attribute if one.name == name) for name in ("keys_strings", "values_floats")
    )
    keys.strings[:] = [word.encode() for word in words]
    codes.floats[:] = range(len(words))
    load(tmp_path, document, model)
    codes.floats[2_500] = 7
    with pytest.raises(ModelRefused, match='holds 7 for area "word 2498", but encoding says 2500'):
        load(tmp_path, document, model)


def test_refuses_a_matrix_of_another_width(tmp_path):
    document = matrix_contract()
    document["fields"].append({"name": "age", "type": "number", "required": False})
    for model in (matrix_graph(), matrix_graph(front=False)):
        with pytest.raises(ModelRefused, match=r"\[N, 2\].*\[N, 3\]"):
            load(tmp_path, document, model)


def test_refuses_an_output_that_does_not_depend_on_the_matrix():
    model = matrix_graph()
    model.graph.node.append(helper.make_node("Identity", ["income"], ["other"]))
    model.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, ["N", 1]))
    with pytest.raises(ModelRefused, match="output other does not depend on tensor matrix"):
        cut_graph(model, "matrix", "other", 2)


def test_a_tensor_that_a_branch_reads_is_kept():
    """The body of an If reads tensors of the graph around it."""
    model = matrix_graph()
    branches = [
        helper.make_graph(
            [helper.make_node("Sigmoid", ["log_odds"], [f"{name}_positive"])],
            name,
            [],
            [helper.make_tensor_value_info(f"{name}_positive", TensorProto.FLOAT, ["N", 1])],
        )
        for name in ("then", "else")
    ]
    # A constant of the branch hides the column of this name.
    branches[0].initializer.append(helper.make_tensor("income", TensorProto.FLOAT, [], [0.0]))
    branches[0].node.insert(0, helper.make_node("Add", ["log_odds", "income"], ["log_odds_too"]))
    branches[0].node[1].input[0] = "log_odds_too"
    del model.graph.node[-1]
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "always"))
    model.graph.node.append(
        helper.make_node("If", ["always"], ["positive"], then_branch=branches[0], else_branch=branches[1])
    )
    found = ContractModel(
        open_bytes(model.SerializeToString(), check_contract(matrix_contract()), "model").session,
        check_contract(matrix_contract()),
    )
    assert found.scores(found.columns(ROWS[:1])) == pytest.approx([probability(30, "town")], abs=1e-6)


def test_a_cut_graph_finds_its_weights_beside_the_file(tmp_path):
    directory = write_model(tmp_path / "model", matrix_contract(), matrix_graph())
    model = matrix_graph()
    onnx.save_model(
        model, directory / "model.onnx", save_as_external_data=True, location="weights.data", size_threshold=0
    )
    assert (directory / "weights.data").is_file()
    loaded = load_directory(directory, "model").model
    assert loaded.scores(loaded.columns(ROWS[:1])) == pytest.approx([probability(30, "town")], abs=1e-6)


def test_version_1_has_no_encoding_and_version_2_has_one():
    document = matrix_contract()
    with pytest.raises(ModelRefused, match="does not allow"):
        check_contract(document | {"schemaVersion": 1})
    del document["encoding"]
    with pytest.raises(ModelRefused, match="encoding"):
        check_contract(json.loads(json.dumps(document)))


def test_the_matrix_may_be_one_of_several_inputs_if_the_output_needs_no_other():
    model = matrix_graph(front=False)
    model.graph.input.append(helper.make_tensor_value_info("area", TensorProto.STRING, ["N", 1]))
    found = open_bytes(model.SerializeToString(), check_contract(matrix_contract()), "model").session
    assert [one.name for one in found.get_inputs()] == ["matrix"]
