"""Exports a fitted model as one ONNX graph from raw columns to the probability of approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from loan_training.model.calibration import CLIP, Platt
from loan_training.model.feature_graph import AFFORDABILITY, IR_VERSION, OPSETS
from loan_training.model.onnx_session import OUTPUT

if TYPE_CHECKING:
    from loan_training.model.recipe import Model


def export(model: Model) -> bytes:
    """The serialised graph. It holds no dates, versions or generated names, so it depends on the fit alone."""
    is_bounded = model.features.reach is not None
    front, classifier = model.features.graph(), model.family.to_onnx(model.classifier, model.features.width)
    for part in (front, classifier):
        part.ir_version = IR_VERSION
        del part.opset_import[:]
        part.opset_import.extend(OPSETS)
    merged = compose.merge_models(
        front,
        compose.add_prefix(classifier, "classifier/"),
        io_map=[("features", "classifier/features")],
        outputs=["classifier/probabilities", *([AFFORDABILITY] if is_bounded else [])],
    )
    tail = Tail(merged.graph)
    is_distance = not hasattr(model.classifier, "predict_proba")
    probability = tail.column("classifier/probabilities", 0 if is_distance else 1)
    if is_distance:
        probability = tail.add("Sigmoid", probability)
    if model.platt is not None:
        probability = _calibrate(tail, probability, model.platt)
    if is_bounded:
        tail.add("Mul", probability, AFFORDABILITY, output=OUTPUT)
    else:
        tail.add("Identity", probability, output=OUTPUT)
    del merged.graph.output[:]
    merged.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", 1]))
    _prune(merged.graph)
    _anonymise(merged, model.features.plan.schema.name)
    onnx.checker.check_model(merged, full_check=True)
    return merged.SerializeToString(deterministic=True)


def _calibrate(tail: Tail, probability: str, platt: Platt) -> str:
    """sigmoid(slope * log(p / (1 - p)) + intercept)"""
    inside = tail.add("Min", tail.add("Max", probability, CLIP), 1 - CLIP)
    odds = tail.add("Div", inside, tail.add("Sub", 1.0, inside))
    line = tail.add("Add", tail.add("Mul", tail.add("Log", odds), platt.slope), platt.intercept)
    return tail.add("Sigmoid", line)


class Tail:
    """Appends operators to a graph. A number among the inputs becomes a constant."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._count = 0

    def column(self, source: str, index: int) -> str:
        """A column of [N, K] as [N, 1]."""
        return self._append("Gather", [source, self._constant(np.array([index], dtype=np.int64))], None, axis=1)

    def add(self, operator: str, *inputs: str | float, output: str | None = None) -> str:
        names = [one if isinstance(one, str) else self._constant(np.array([[one]], dtype=np.float32)) for one in inputs]
        return self._append(operator, names, output)

    def _append(self, operator: str, inputs: list[str], output: str | None, **attributes: int) -> str:
        output = output or self._name()
        self._graph.node.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _constant(self, value: np.ndarray) -> str:
        name = self._name()
        self._graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def _name(self) -> str:
        self._count += 1
        return f"tail/{self._count}"


def _prune(graph: onnx.GraphProto) -> None:
    """Removes nodes that do not lead to the output, such as the converters' label branch."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    nodes = list(reversed(kept))
    initializers = [value for value in graph.initializer if value.name in needed]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(initializers)


def _anonymise(model: onnx.ModelProto, name: str) -> None:
    model.producer_name = "loan-training"
    model.producer_version = ""
    model.domain = ""
    model.doc_string = ""
    model.model_version = 0
    del model.metadata_props[:]
    model.graph.name = name
    model.graph.doc_string = ""
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
        node.doc_string = ""
