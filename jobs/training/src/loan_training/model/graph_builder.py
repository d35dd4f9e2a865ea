"""Builds an ONNX graph node by node, with names that no other tensor has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

OPSETS = (helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 2))
IR_VERSION = 8


class GraphBuilder:
    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, np.ndarray] = {}

    def node(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Adds a node with one output. Returns the output's name: `name`, or `name` with a number if it is taken."""
        output = self.free(name)
        self.node_to(operator, inputs, [output], **attributes)
        return output

    def node_to(self, operator: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        self._nodes.append(helper.make_node(operator, inputs, outputs, **attributes))

    def constant(self, name: str, value: np.ndarray) -> str:
        name = self.free(name)
        self._constants[name] = value
        return name

    def scalar(self, number: float) -> str:
        """A constant [1, 1]. Equal numbers share one constant."""
        value = np.array([[number]], np.float32)
        for name, known in self._constants.items():
            if known.dtype == value.dtype and known.shape == value.shape and known == value:
                return name
        return self.constant("one" if number == 1 else "number", value)

    def free(self, name: str) -> str:
        name = free_name(name, self._taken)
        self._taken.add(name)
        return name

    def model(
        self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        constants = [numpy_helper.from_array(value, name) for name, value in self._constants.items()]
        graph = helper.make_graph(self._nodes, name, inputs, outputs, constants)
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the name with a number if something else has it."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}/{number}"
    return free
