"""Exports a fitted model as one ONNX graph from raw columns, over the matrix, to the probability of approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper
from scipy.special import logit

from loan_training.model.calibration import CLIP, Platt
from loan_training.model.graph_builder import IR_VERSION, OPSETS
from loan_training.model.matrix import AFFORDABILITY, FEATURES, matrix_name
from loan_training.model.onnx_session import OUTPUT
from loan_training.model.scorer import SCORE, score_graph

if TYPE_CHECKING:
    from loan_training.model.recipe import Model

LARGEST_LOG_ODDS = float(logit(1 - CLIP))


def export(model: Model) -> bytes:
    """The serialised graph. It holds no dates, versions or generated names, so it depends on the fit alone."""
    is_bounded = model.features.reach is not None
    front, scorer = model.features.graph(), score_graph(model.family, model.classifier, model.features.width)
    for part in (front, scorer.graph):
        part.ir_version = IR_VERSION
        del part.opset_import[:]
        part.opset_import.extend(OPSETS)
    del scorer.graph.graph.output[:]
    scorer.graph.graph.output.append(helper.make_tensor_value_info(SCORE, TensorProto.FLOAT, ["N", 1]))
    merged = compose.merge_models(
        front,
        compose.add_prefix(scorer.graph, "scorer/"),
        io_map=[(FEATURES, f"scorer/{FEATURES}")],
        outputs=[f"scorer/{SCORE}", *([AFFORDABILITY] if is_bounded else [])],
    )
    tail = Tail(merged.graph)
    probability = _probability(tail, f"scorer/{SCORE}", scorer.is_log_odds, model.platt)
    if is_bounded:
        tail.add("Mul", probability, AFFORDABILITY, output=OUTPUT)
    else:
        tail.add("Identity", probability, output=OUTPUT)
    del merged.graph.output[:]
    merged.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", 1]))
    _prune(merged.graph)
    # A graph need not say the type of a tensor inside it. Servers check the type before they cut the graph there.
    schema = model.features.plan.schema
    matrix = helper.make_tensor_value_info(matrix_name(schema), TensorProto.FLOAT, ["N", len(schema.columns)])
    merged.graph.value_info.append(matrix)
    _anonymise(merged, schema.name)
    onnx.checker.check_model(merged, full_check=True)
    return merged.SerializeToString(deterministic=True)


def _probability(tail: Tail, score: str, is_log_odds: bool, platt: Platt | None) -> str:
    """sigmoid(log odds), or with calibration sigmoid(slope * log odds + intercept)."""
    if platt is None:
        return tail.add("Sigmoid", score) if is_log_odds else score
    if is_log_odds:
        log_odds = tail.add("Min", tail.add("Max", score, -LARGEST_LOG_ODDS), LARGEST_LOG_ODDS)
    else:
        inside = tail.add("Min", tail.add("Max", score, CLIP), 1 - CLIP)
        log_odds = tail.add("Log", tail.add("Div", inside, tail.add("Sub", 1.0, inside)))
    return tail.add("Sigmoid", tail.add("Add", tail.add("Mul", log_odds, platt.slope), platt.intercept))


class Tail:
    """Appends operators to a graph. A number among the inputs becomes a constant."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._count = 0

    def add(self, operator: str, *inputs: str | float, output: str | None = None) -> str:
        names = [one if isinstance(one, str) else self._constant(np.array([[one]], dtype=np.float32)) for one in inputs]
        output = output or self._name()
        self._graph.node.append(helper.make_node(operator, names, [output]))
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
