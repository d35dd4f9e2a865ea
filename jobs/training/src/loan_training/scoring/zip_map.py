"""Reads the tensor before ZipMap, as services/inference/model/onnx/bypass-zip-maps.ts does.

A scikit-learn classifier gives its probabilities through ZipMap: a sequence of maps. Here such an output becomes the
tensor [N, C] that ZipMap reads, under the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import AttributeProto, ModelProto, TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Iterable

IDENTITY_OPSET = 8


def bypass_zip_maps(model: ModelProto) -> dict[str, list[str]]:
    """Changes `model`. Returns the class labels of each output that ZipMap gave."""
    graph = model.graph
    consumed = {name for node in graph.node for name in node.input}
    outputs = {one.name: one for one in graph.output}
    found = {}
    for place, node in enumerate(graph.node):
        is_output = node.op_type == "ZipMap" and node.output[0] in outputs and node.output[0] not in consumed
        if not is_output:
            continue
        name, labels = node.output[0], _labels(node.attribute)
        found[name] = labels
        outputs[name].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", len(labels)]))
        graph.node[place].CopyFrom(helper.make_node("Identity", [node.input[0]], [name]))
    # A graph of machine-learning operators alone does not import the domain of Identity.
    if found and not any(one.domain in ("", "ai.onnx") for one in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", IDENTITY_OPSET))
    return found


def declare_doubles(model: ModelProto, outputs: Iterable[str]) -> None:
    for one in model.graph.output:
        if one.name in outputs:
            one.type.tensor_type.elem_type = TensorProto.DOUBLE


def _labels(attributes: list[AttributeProto]) -> list[str]:
    for one in attributes:
        if one.name == "classlabels_strings":
            return [label.decode() for label in one.strings]
        if one.name == "classlabels_int64s":
            return [str(label) for label in one.ints]
    return []
