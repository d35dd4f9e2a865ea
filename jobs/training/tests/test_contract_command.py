import json

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.linear_model import LogisticRegression

from loan_training.cli import cli
from loan_training.scoring.graph_file import open_graph
from loan_training.scoring.model_source import load_directory
from scoring_models import graph, matrix_graph, probability

ROWS = "id,area,income\n1,town,30\n2,village,5\n3,town,\n4,,12.5\n5,village,80\n"
SCHEMA = """name: granting
label: {column: granted, positive: ["1"], negative: ["0"]}
decision: {name: granted, positive: "yes", negative: "no", threshold: 0.4}
columns:
  - {name: area, type: category, values: [town, village], aliases: {TOWN: town}}
  - {name: income, type: number, minimum: 0, maximum: 100, required: true}
groups: {watched: [area]}
"""


@pytest.fixture
def contract(tmp_path):
    """Calls the command for a graph. Returns its answer and what it wrote."""

    def run(model, *arguments, rows=ROWS):
        (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
        (tmp_path / "rows.csv").write_text(rows)
        (tmp_path / "schema.yaml").write_text(SCHEMA)
        shown = [str(one).replace("DATA", f"{tmp_path}/rows.csv").replace("SCHEMA", f"{tmp_path}/schema.yaml")
                 for one in arguments]  # fmt: skip
        answer = CliRunner().invoke(cli, ("contract", "--model", str(tmp_path / "model.onnx"), *shown))
        path = tmp_path / "serving.json"
        return answer, json.loads(path.read_text()) if path.is_file() else None

    return run


def whole(model):
    """The graph with an income of 0 for a missing one."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.initializer.append(helper.make_tensor("nothing", TensorProto.FLOAT, [], [0.0]))
    model.graph.node.append(helper.make_node("IsNaN", ["income"], ["is_gap"]))
    model.graph.node.append(helper.make_node("Where", ["is_gap", "nothing", "income"], ["known"]))
    for node in nodes:
        node.input[:] = ["known" if name == "income" else name for name in node.input]
    model.graph.node.extend(nodes)
    return model


def test_writes_the_rules_of_the_schema(contract, tmp_path):
    answer, document = contract(graph(), "--schema", "SCHEMA")
    assert answer.exit_code == 0, answer.output
    assert document["decision"] == {"name": "granted", "positiveClass": "yes", "negativeClass": "no", "threshold": 0.4}
    assert document["fields"] == [
        {"name": "area", "type": "string", "required": False, "values": ["town", "village"],
         "aliases": {"TOWN": "town"}},
        {"name": "income", "type": "number", "required": True, "minimum": 0, "maximum": 100},
    ]  # fmt: skip
    assert document["groups"] == ["area"]
    assert len(document["golden"]) == 20
    assert any(sample["input"]["area"] is None for sample in document["golden"])
    assert load_directory(tmp_path, "made").model.contract.names == ("area", "income")


def test_takes_the_rules_from_the_data_and_says_what_the_data_cannot_say(contract):
    answer, document = contract(whole(graph()), "--data", "DATA", "--positive-class", "good", "--negative-class", "bad")
    assert answer.exit_code == 0, answer.output
    assert document["fields"] == [
        {"name": "area", "type": "string", "required": False, "values": ["town", "village"]},
        {"name": "income", "type": "number", "required": False},
    ]
    assert "decide: income takes any number" in answer.output
    assert document["reference"]["rows"] == 5
    assert document["reference"]["fields"]["area"] == {"values": {"town": 0.5, "village": 0.5}, "missing": 0.2}


def test_the_same_files_and_seed_give_the_same_contract(contract):
    _, first = contract(graph(), "--schema", "SCHEMA")
    _, second = contract(graph(), "--schema", "SCHEMA")
    assert first == second
    _, other = contract(graph(), "--schema", "SCHEMA", "--seed", 8)
    assert other["golden"] != first["golden"]


@pytest.mark.parametrize(
    ("classes", "positive"), [("no,yes", lambda p: p), ("yes,no", lambda p: 1 - p)], ids=["second", "first"]
)
def test_the_column_of_the_positive_class_is_taken_by_its_name(contract, classes, positive):
    answer, document = contract(graph(width=2), "--schema", "SCHEMA", "--output-classes", classes)
    assert answer.exit_code == 0, answer.output
    _, plain = contract(graph(), "--schema", "SCHEMA")
    for sample, other in zip(document["golden"], plain["golden"], strict=True):
        assert sample["probability"] == pytest.approx(positive(other["probability"]), abs=2e-6)


def test_a_zip_map_of_doubles_is_read(tmp_path):
    model = LogisticRegression().fit(np.array([[1.0], [2], [3], [4]]), [0, 0, 1, 1])
    made = to_onnx(model, initial_types=[("income", DoubleTensorType([None, 1]))], target_opset=19)
    (tmp_path / "model.onnx").write_bytes(made.SerializeToString())
    opened = open_graph(tmp_path / "model.onnx")
    assert opened.zip_maps == {"output_probability": ["0", "1"]}
    assert opened.session.get_outputs()[1].type == "tensor(double)"


def test_the_classes_of_a_zip_map_are_known(contract):
    model = LogisticRegression().fit(np.array([[1.0], [2], [3], [4]]), ["bad", "bad", "good", "good"])
    made = to_onnx(model, initial_types=[("income", FloatTensorType([None, 1]))], target_opset=19)
    answer, document = contract(made, "--data", "DATA", rows="income\n1\n4\n")
    assert answer.exit_code == 0, answer.output
    assert document["outputClasses"] == ["bad", "good"]
    assert document["decision"]["positiveClass"] == "good"
    assert document["golden"][0]["probability"] == pytest.approx(
        model.predict_proba([[document["golden"][0]["input"]["income"]]])[0, 1], abs=1e-5
    )


def retyped(model, place, kind):
    model = onnx.ModelProto.FromString(model.SerializeToString())
    model.graph.input[place].type.tensor_type.elem_type = kind
    name = model.graph.input[place].name
    model.graph.node.insert(0, helper.make_node("Cast", [name], ["as_float"], to=TensorProto.FLOAT))
    for node in list(model.graph.node)[1:]:
        node.input[:] = ["as_float" if one == name else one for one in node.input]
    return model


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (graph(width=2), (), "name them in order with --output-classes"),
        (graph(width=2), ("--output-classes", "a,b"), "without decision.positiveClass"),
        (graph(), ("--output-classes", "no,yes"), "remove outputClasses"),
        (graph(), ("--output-name", "other"), "the graph has no such output"),
        (graph(), ("--groups", "income"), "group income is not a string field"),
        (retyped(graph(), 1, TensorProto.DOUBLE), (), "float32 [N, 1]: export the graph with a float32 input"),
        (retyped(graph(), 1, TensorProto.INT64), (), "float32 [N, 1]: export the graph with a float32 input"),
    ],
)
def test_refuses_what_a_server_would_refuse(contract, model, arguments, message):
    answer, document = contract(model, "--schema", "SCHEMA", *arguments)
    assert answer.exit_code == 1
    assert message in answer.output
    assert document is None


def test_refuses_a_graph_that_fails_on_a_value_that_may_be_missing(contract):
    answer, _ = contract(graph(), "--data", "DATA")
    assert answer.exit_code == 1
    assert "income may be missing" in answer.output


def test_refuses_a_graph_that_gives_no_probability(contract):
    model = graph()
    next(node for node in model.graph.node if node.op_type == "Sigmoid").op_type = "Exp"
    answer, _ = contract(model, "--schema", "SCHEMA")
    assert answer.exit_code == 1
    assert "for example with a Sigmoid" in answer.output


def test_refuses_an_input_that_nobody_describes(contract):
    answer, _ = contract(graph(), "--data", "DATA", rows="area,salary\ntown,1\n")
    assert answer.exit_code == 1
    assert "the graph has the inputs income" in answer.output


@pytest.mark.parametrize(
    ("rule", "arguments", "threshold"),
    [
        ("{costRatio: 3}", (), 0.75),
        ("{approvalRate: 0.5}", ("--threshold", 0.3), 0.3),
        ("{costRatio: 3}", ("--threshold", 0.3), 0.3),
    ],
)
def test_the_threshold_is_that_of_the_schemas_rule_or_of_the_option(contract, monkeypatch, rule, arguments, threshold):
    monkeypatch.setitem(globals(), "SCHEMA", SCHEMA.replace("threshold: 0.4", f"threshold: {rule}"))
    answer, document = contract(graph(), "--schema", "SCHEMA", *arguments)
    assert answer.exit_code == 0, answer.output
    assert document["decision"]["threshold"] == threshold


def test_an_approval_rate_without_the_rows_of_the_fit_needs_a_threshold(contract, monkeypatch):
    monkeypatch.setitem(globals(), "SCHEMA", SCHEMA.replace("threshold: 0.4", "threshold: {approvalRate: 0.5}"))
    answer, _ = contract(graph(), "--schema", "SCHEMA")
    assert answer.exit_code == 2
    assert "give --threshold" in answer.output


@pytest.mark.parametrize("source", [("--schema", "SCHEMA"), ("--data", "DATA", "--fields", "area,income")])
def test_a_graph_of_one_matrix_gets_a_contract_of_version_2(contract, tmp_path, source):
    rows = ROWS.replace("3,town,\n", "")
    answer, document = contract(matrix_graph(front=False), *source, rows=rows)
    assert answer.exit_code == 0, answer.output
    assert document["schemaVersion"] == 2
    assert document["encoding"] == {"input": "matrix", "missingCategory": "nan"}
    assert [field["name"] for field in document["fields"]] == ["area", "income"]
    assert document["fields"][0]["values"] == ["town", "village"]
    assert "decide: area has the codes town 0, village 1: the model must have been fitted with these" in answer.output
    for sample in document["golden"]:
        row = sample["input"]
        assert sample["probability"] == pytest.approx(probability(row["income"], row["area"]), abs=1e-6)
    assert load_directory(tmp_path, "made").model.contract.encoding == document["encoding"]


def test_the_code_of_a_missing_category_is_the_users_choice(contract):
    """This graph gives NaN for a missing area as NaN, and knows the code 2."""
    model = matrix_graph(front=False)
    nodes = model.graph.node
    next(node for node in nodes if node.op_type == "Add").input[1] = "checked"
    model.graph.node.insert(2, helper.make_node("Mul", ["area_place", "nothing"], ["gap"]))
    model.graph.node.insert(3, helper.make_node("Add", ["town_number", "gap"], ["checked"]))
    model.graph.initializer.append(helper.make_tensor("nothing", TensorProto.FLOAT, [], [0.0]))
    answer, _ = contract(model, "--schema", "SCHEMA")
    assert answer.exit_code == 1
    assert "area may be missing, as NaN; let the graph handle" in answer.output
    answer, document = contract(model, "--schema", "SCHEMA", "--missing-category", "code")
    assert answer.exit_code == 0, answer.output
    assert document["encoding"] == {"input": "matrix", "missingCategory": "code"}


def test_a_scikit_learn_pipeline_of_codes_is_scored_as_scikit_learn_does(contract):
    random = np.random.default_rng(5)
    values = np.column_stack([random.integers(0, 2, 200), random.uniform(0, 100, 200)]).astype(np.float32)
    fitted = LogisticRegression().fit(values, np.where(values[:, 1] + 40 * values[:, 0] > 60, "good", "bad"))
    made = to_onnx(fitted, initial_types=[("X", FloatTensorType([None, 2]))], target_opset=19)
    rows = ROWS.replace("3,town,\n", "").replace("4,,12.5\n", "")
    answer, document = contract(made, "--data", "DATA", "--fields", "area,income", rows=rows)
    assert answer.exit_code == 0, answer.output
    assert document["encoding"]["input"] == "X"
    for sample in document["golden"]:
        row = [["town", "village"].index(sample["input"]["area"]), sample["input"]["income"]]
        assert sample["probability"] == pytest.approx(fitted.predict_proba([row])[0, 1], abs=1e-5)


def fitted(columns, inputs):
    """A logistic regression of numbers, as scikit-learn's converter writes it."""
    random = np.random.default_rng(5)
    values = random.uniform(0, 100, (200, columns)).astype(np.float32)
    model = LogisticRegression().fit(values, np.where(values[:, 0] > 60, "good", "bad"))
    return to_onnx(model, initial_types=inputs, target_opset=19)


INCOMES = "income,age\n30.5,40\n5,20.5\n80,60\n"


@pytest.mark.parametrize(
    ("model", "arguments", "names"),
    [
        (fitted(1, [("X", FloatTensorType([None, 1]))]), ("--fields", "income"), ["income"]),
        (fitted(1, [("income", FloatTensorType([None, 1]))]), ("--fields", "income"), ["income"]),
        (fitted(2, [("income", FloatTensorType([None, None]))]), ("--fields", "income,age"), ["income", "age"]),
        (fitted(2, [("X", FloatTensorType([None, None]))]), ("--fields", "income,age"), ["income", "age"]),
    ],
)
def test_a_matrix_of_one_column_or_of_free_width_gets_the_names_of_its_columns(
    contract, tmp_path, model, arguments, names
):
    answer, document = contract(model, "--data", "DATA", *arguments, rows=INCOMES)
    assert answer.exit_code == 0, answer.output
    assert document["encoding"]["input"] == model.graph.input[0].name
    assert [field["name"] for field in document["fields"]] == names
    assert load_directory(tmp_path, "made").model.contract.names == tuple(names)


def test_a_matrix_of_one_column_is_the_only_column_of_the_data(contract):
    answer, document = contract(
        fitted(1, [("X", FloatTensorType([None, 1]))]), "--data", "DATA", rows="income\n30.5\n80\n"
    )
    assert answer.exit_code == 0, answer.output
    assert document["encoding"] == {"input": "X", "missingCategory": "nan"}


def test_asks_for_the_column_of_a_matrix_of_one(contract):
    answer, _ = contract(fitted(1, [("X", FloatTensorType([None, 1]))]), "--data", "DATA", rows=INCOMES)
    assert answer.exit_code == 1
    assert "--data has 2 columns: name the columns of the matrix in their order with --fields" in answer.output


@pytest.mark.parametrize(
    ("grades", "shown"),
    [
        (["1", "2", "3", "2"], "1, 2, 3"),
        (["10", "20", "20", "20"], "10, 20"),
        (list(map(str, range(1, 14))), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …"),
        (["0", "1", "2", "1"], None),
        (["1", "2", "2.5", "3"], None),
        (list(map(str, range(1, 60))), None),
    ],
)
def test_numbers_of_a_matrix_that_may_be_words_are_told(contract, grades, shown):
    rows = "income,grade\n" + "".join(f"{at + 0.5},{grade}\n" for at, grade in enumerate(grades))
    answer, _ = contract(fitted(2, [("X", FloatTensorType([None, 2]))]), "--data", "DATA", rows=rows)
    assert answer.exit_code == 0, answer.output
    line = (
        f"decide: grade goes into the matrix as {shown}: if the model was fitted with codes of these numbers, "
        "describe grade as a category in --schema"
    )
    assert (line in answer.output) == (shown is not None)
    assert ("goes into the matrix" in answer.output) == (shown is not None)


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (matrix_graph(front=False), ("--data", "DATA"), "name the columns of the matrix in their order with --fields"),
        (matrix_graph(front=False), ("--schema", "SCHEMA", "--fields", "income"), "--fields names 1 columns"),
        (matrix_graph(front=False), ("--schema", "SCHEMA", "--fields", "area,pay"), "--fields names pay, which"),
        (graph(), ("--schema", "SCHEMA", "--fields", "area,income"), "this graph has the inputs area, income"),
    ],
)
def test_refuses_a_matrix_whose_columns_have_no_sure_name(contract, model, arguments, message):
    answer, document = contract(model, *arguments)
    assert answer.exit_code == 1
    assert message in answer.output
    assert document is None


def test_a_matrix_of_doubles_needs_a_cast_in_the_graph(contract):
    answer, _ = contract(retyped(matrix_graph(front=False), 0, TensorProto.DOUBLE), "--schema", "SCHEMA")
    assert answer.exit_code == 1
    assert "should be float32 [N, 2], a column for each field: export the graph with a float32 input" in answer.output


def test_needs_a_schema_or_data(contract):
    answer, _ = contract(graph())
    assert answer.exit_code == 2
    assert "--schema or --data is needed" in answer.output


def test_logs_and_registers_both_with_digest_and_alias(contract, mlflow_url):
    where = ("--log", "--model-name", "granting", "--alias", "champion", "--tracking-uri", mlflow_url)
    answer, _ = contract(graph(), "--schema", "SCHEMA", *where)
    assert answer.exit_code == 0, answer.output
    version = MlflowClient(mlflow_url).get_model_version_by_alias("granting", "champion")
    assert f"granting version 1, {version.tags['digest']}, alias champion" in answer.output
