"""A model of two fields with its contract, made by hand."""

from __future__ import annotations

import json

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE


def graph(width=1):
    """p = sigmoid(income / 10 - 2 + [area is town]). A graph of two columns has (1 - p, p)."""
    nodes = [
        helper.make_node("Equal", ["area", "town"], ["is_town"]),
        helper.make_node("Cast", ["is_town"], ["town_number"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["income", "tenth"], ["scaled"]),
        helper.make_node("Add", ["scaled", "town_number"], ["sum"]),
        helper.make_node("Sub", ["sum", "two"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["positive"]),
        helper.make_node("Sub", ["one", "positive"], ["negative"]),
        helper.make_node("Concat", ["negative", "positive"], ["both"], axis=1),
    ]
    constants = {"tenth": 0.1, "two": 2.0, "one": 1.0}
    return helper.make_model(
        helper.make_graph(
            nodes,
            "by_hand",
            [
                helper.make_tensor_value_info("area", TensorProto.STRING, ["N", 1]),
                helper.make_tensor_value_info("income", TensorProto.FLOAT, ["N", 1]),
            ],
            [helper.make_tensor_value_info("positive" if width == 1 else "both", TensorProto.FLOAT, ["N", width])],
            [
                *(numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()),
                helper.make_tensor("town", TensorProto.STRING, [1], [b"town"]),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 19)],
        ir_version=10,
    )


def matrix_graph(front=True, missing=None):
    """The same, from a matrix with the place of the area and the income, behind a front of columns or without one.

    `missing` is the code of a missing area, which the front then gives. None: NaN.
    """
    encode = [
        helper.make_node(
            "LabelEncoder",
            ["area"],
            ["place"],
            domain="ai.onnx.ml",
            keys_strings=["town", "village"],
            values_floats=[0.0, 1.0],
            default_float=float("nan") if missing is None else missing,
        ),
        helper.make_node("Concat", ["place", "income"], ["matrix"], axis=1),
    ]
    nodes = [
        helper.make_node("Split", ["matrix"], ["area_place", "amount"], axis=1, num_outputs=2),
        helper.make_node("Equal", ["area_place", "town"], ["is_town"]),
        helper.make_node("Cast", ["is_town"], ["town_number"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["amount", "tenth"], ["scaled"]),
        helper.make_node("Add", ["scaled", "town_number"], ["sum"]),
        helper.make_node("Sub", ["sum", "two"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["positive"]),
    ]
    constants = {"tenth": 0.1, "two": 2.0, "town": 0.0}
    columns = [
        helper.make_tensor_value_info("area", TensorProto.STRING, ["N", 1]),
        helper.make_tensor_value_info("income", TensorProto.FLOAT, ["N", 1]),
    ]
    matrix = [helper.make_tensor_value_info("matrix", TensorProto.FLOAT, ["N", 2])]
    return helper.make_model(
        helper.make_graph(
            [*encode, *nodes] if front else nodes,
            "by_hand",
            columns if front else matrix,
            [helper.make_tensor_value_info("positive", TensorProto.FLOAT, ["N", 1])],
            [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 19), helper.make_opsetid("ai.onnx.ml", 2)],
        ir_version=10,
    )


def matrix_contract(missing="nan"):
    return contract() | {"schemaVersion": 2, "encoding": {"input": "matrix", "missingCategory": missing}}


def probability(income, area):
    return float(1 / (1 + np.exp(-(income / 10 - 2 + (area == "town")))))


def contract(width=1):
    document = {
        "schemaVersion": 1,
        "output": "positive" if width == 1 else "both",
        "decision": {"name": "granted", "positiveClass": "yes", "negativeClass": "no", "threshold": 0.5},
        "fields": [
            {"name": "area", "type": "string", "required": False, "values": ["town", "village"]},
            {"name": "income", "type": "number", "required": True, "minimum": 0, "maximum": 100},
        ],
        "reference": {
            "rows": 1,
            "fields": {},
            "probability": {"edges": [0.5], "shares": [0.5, 0.5], "missing": 0},
        },
        "background": [{"area": "town", "income": 1}],
        "golden": [{"input": {"area": "town", "income": 20}, "probability": probability(20, "town")}],
        "reasons": {
            "reference": {"area": "town", "income": 30},
            "limit": 4,
            "minimum": 0,
            "minimumShare": 0,
            "factors": [
                {"code": "INCOME", "fields": {"income": "higher"}, "message": "low income", "missing": "no income"},
                {"code": "AREA", "fields": {"area": "different"}, "message": "the area", "missing": "no area"},
            ],
        },
    }
    return document | ({} if width == 1 else {"outputClasses": ["no", "yes"]})


def write_model(directory, document, model):
    directory.mkdir(exist_ok=True)
    (directory / MODEL_FILE).write_bytes(model.SerializeToString())
    (directory / SERVING_FILE).write_text(json.dumps(document))
    return directory
