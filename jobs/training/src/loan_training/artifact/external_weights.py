"""Files of weights that a graph names beside itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError

from loan_training.errors import ModelRefused

if TYPE_CHECKING:
    from collections.abc import Iterator


def external_files(graph: bytes) -> frozenset[str]:
    """Paths relative to the graph. Raises ModelRefused for a path that leaves the directory of the graph."""
    try:
        model = onnx.load_model_from_string(graph)
    except DecodeError as error:
        raise ModelRefused(f"model.onnx is not an ONNX graph: {error}") from error
    found = set()
    for tensor in _tensors(model.graph):
        for entry in tensor.external_data:
            if entry.key != "location":
                continue
            path = PurePosixPath(entry.value)
            if path.is_absolute() or ".." in path.parts:
                raise ModelRefused(f"the graph names the weights {entry.value}, which are outside its directory")
            found.add(str(path))
    return frozenset(found)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    graphs = [graph]
    while graphs:
        one = graphs.pop()
        yield from one.initializer
        for node in one.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                graphs += [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]
