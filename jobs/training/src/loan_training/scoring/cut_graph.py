"""Cuts a graph at the tensor that holds the matrix, as services/inference/model/onnx/cut-graph.ts does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from onnx import TensorProto, helper

from loan_training.errors import ModelRefused

if TYPE_CHECKING:
    from collections.abc import Collection

REMEDY = "encoding.input in serving.json must name a tensor through which all fields pass"


def cut_graph(model: onnx.ModelProto, tensor: str, output: str, width: int) -> bool:
    """Makes `tensor`, float32 [N, width], the only input of `model`. Returns False if it already was.

    Raises ModelRefused if the output depends on another input, or if the tensor is missing or has another width.
    """
    graph = model.graph
    constants = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in constants]
    if [one.name for one in inputs] == [tensor]:
        return False
    if tensor not in {one.name for one in inputs}.union(*(node.output for node in graph.node)):
        raise ModelRefused(
            f"the graph has no tensor {tensor}; its inputs are {', '.join(one.name for one in inputs)}; rule: {REMEDY}"
        )
    _check_matrix(model, tensor, width)
    kept, needed = _sources(graph, output, [tensor])
    if tensor not in needed:
        raise ModelRefused(f"output {output} does not depend on tensor {tensor}; rule: {REMEDY}")
    others = [one.name for one in inputs if one.name in needed and one.name != tensor]
    if others:
        raise ModelRefused(f"output {output} also depends on the input {', '.join(others)}; rule: {REMEDY}")
    initializers = [one for one in graph.initializer if one.name in needed]
    chosen = [one for one in graph.output if one.name == output]
    # An input keeps its type, which a later check reads.
    given = [one for one in inputs if one.name == tensor]
    matrix = given or [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, ["N", width])]
    del graph.node[:], graph.initializer[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.initializer.extend(initializers)
    graph.input.extend(matrix)
    graph.output.extend(chosen)
    return True


def front_graph(model: onnx.ModelProto, tensor: str) -> onnx.ModelProto | None:
    """The part of the graph from its inputs to `tensor`. None if no node makes the tensor."""
    graph = model.graph
    if not any(tensor in node.output for node in graph.node):
        return None
    kept, needed = _sources(graph, tensor)
    constants = {one.name for one in graph.initializer}
    front = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    front.graph.name = graph.name
    front.graph.node.extend(kept)
    front.graph.initializer.extend(one for one in graph.initializer if one.name in needed)
    front.graph.sparse_initializer.extend(one for one in graph.sparse_initializer if one.values.name in needed)
    front.graph.input.extend(one for one in graph.input if one.name not in constants or one.name in needed)
    # onnxruntime finds the type itself.
    front.graph.output.add(name=tensor)
    return front


def _sources(graph: onnx.GraphProto, output: str, given: Collection[str] = ()) -> tuple[list[onnx.NodeProto], set[str]]:
    """(the nodes to `output`, the tensors that they read). A tensor that is given needs no node."""
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output).difference(given):
            kept.append(node)
            needed.update(_read(node))
    return kept[::-1], needed


def _read(node: onnx.NodeProto) -> set[str]:
    """The tensors that a node reads, also those that a branch or a loop reads from the graphs around it."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            names |= _outer_names(inner)
    # An optional input that is left out has no name.
    return names - {""}


def _outer_names(graph: onnx.GraphProto) -> set[str]:
    own = {one.name for one in (*graph.input, *graph.initializer)}
    own |= {one.values.name for one in graph.sparse_initializer}
    return {one.name for one in graph.output}.union(*map(_read, graph.node)) - own.union(
        *(node.output for node in graph.node)
    )


def _check_matrix(model: onnx.ModelProto, tensor: str, width: int) -> None:
    """A tensor inside a graph has no type that the file must say, so the types are inferred as far as they go."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    known = next((one for one in inferred.value_info if one.name == tensor), None)
    if known is None:
        return
    kind, shape = known.type.tensor_type.elem_type, known.type.tensor_type.shape.dim
    has_shape = known.type.tensor_type.HasField("shape")
    last = shape[-1] if shape else None
    fits = not has_shape or (len(shape) == 2 and (not last.HasField("dim_value") or last.dim_value == width))
    if kind not in (TensorProto.UNDEFINED, TensorProto.FLOAT) or not fits:
        sizes = ", ".join(str(one.dim_value) if one.HasField("dim_value") else "N" for one in shape)
        raise ModelRefused(
            f"tensor {tensor} is {TensorProto.DataType.Name(kind).lower()} [{sizes}]; rule: float [N, {width}], "
            "a column for each field of serving.json"
        )
