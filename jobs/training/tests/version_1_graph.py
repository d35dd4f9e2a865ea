"""A fitted model as a graph of contract version 1: from columns of words and numbers to a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import TensorProto, compose, helper

from loan_training.model.calibration import CLIP
from loan_training.model.graph_builder import IR_VERSION, OPSETS
from loan_training.model.matrix import AFFORDABILITY, FEATURES
from loan_training.model.onnx_export import Tail
from loan_training.model.onnx_session import OUTPUT
from version_1_features import compile_features

if TYPE_CHECKING:
    from loan_training.model.recipe import Model


def export_version_1(model: Model) -> bytes:
    features = model.features
    front = compile_features(features.plan, features.fills, features.reach, features.logarithms)
    classifier = model.family.to_onnx(model.classifier, features.width)
    for part in (front, classifier):
        part.ir_version = IR_VERSION
        del part.opset_import[:]
        part.opset_import.extend(OPSETS)
    is_bounded = features.reach is not None
    merged = compose.merge_models(
        front,
        compose.add_prefix(classifier, "classifier/"),
        io_map=[(FEATURES, f"classifier/{FEATURES}")],
        outputs=["classifier/probabilities", *([AFFORDABILITY] if is_bounded else [])],
    )
    tail = Tail(merged.graph)
    is_distance = not hasattr(model.classifier, "predict_proba")
    place = helper.make_tensor("place", TensorProto.INT64, [1], [0 if is_distance else 1])
    merged.graph.initializer.append(place)
    merged.graph.node.append(helper.make_node("Gather", ["classifier/probabilities", "place"], ["chosen"], axis=1))
    probability = tail.add("Sigmoid", "chosen") if is_distance else "chosen"
    if model.platt is not None:
        inside = tail.add("Min", tail.add("Max", probability, CLIP), 1 - CLIP)
        log_odds = tail.add("Log", tail.add("Div", inside, tail.add("Sub", 1.0, inside)))
        probability = tail.add(
            "Sigmoid", tail.add("Add", tail.add("Mul", log_odds, model.platt.slope), model.platt.intercept)
        )
    tail.add(*("Mul", probability, AFFORDABILITY) if is_bounded else ("Identity", probability), output=OUTPUT)
    del merged.graph.output[:]
    merged.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", 1]))
    onnx.checker.check_model(merged, full_check=True)
    return merged.SerializeToString(deterministic=True)
