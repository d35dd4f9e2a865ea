"""Opens model.onnx as a server does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError

from loan_training.errors import ModelRefused
from loan_training.model.onnx_session import open_session
from loan_training.scoring.cut_graph import cut_graph, front_graph
from loan_training.scoring.front_check import check_front
from loan_training.scoring.zip_map import bypass_zip_maps, declare_doubles

if TYPE_CHECKING:
    import onnxruntime

    from loan_training.scoring.serving_contract import ServingContract


@dataclass(frozen=True)
class OpenedGraph:
    session: onnxruntime.InferenceSession
    # Class labels of each output that ZipMap gave.
    zip_maps: dict[str, list[str]]


def open_graph(path: Path, contract: ServingContract | None = None) -> OpenedGraph:
    """The graph, cut at the matrix if the contract has one.

    Raises ModelRefused if the file is no graph that onnxruntime can load, or if the graph does not make such a matrix.
    """
    if not path.is_file():
        raise ModelRefused(f"{path}: no such file")
    # By its path, so that onnxruntime finds weights beside the graph.
    return _open(path, path.read_bytes(), str(path), contract)


def open_bytes(content: bytes, contract: ServingContract, name: str) -> OpenedGraph:
    """The same for a graph without weights beside it. `name` is shown in errors."""
    return _open(content, content, name, contract)


def _open(source: bytes | Path, content: bytes, name: str, contract: ServingContract | None) -> OpenedGraph:
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise ModelRefused(f"{name}: the file is not an ONNX graph: {error}") from error
    labels = bypass_zip_maps(model)
    weights = source.parent if isinstance(source, Path) else None
    is_cut = contract is not None and _cut(model, contract, name, weights)
    if not labels and not is_cut:
        return OpenedGraph(_session(source, name), {})
    try:
        return OpenedGraph(_session(model.SerializeToString(), name, weights), labels)
    except ModelRefused:
        if not labels:
            raise
        # A classifier of doubles gives doubles to its ZipMap, which only the graph's own inference could tell.
        declare_doubles(model, labels)
        return OpenedGraph(_session(model.SerializeToString(), name, weights), labels)


def _cut(model: onnx.ModelProto, contract: ServingContract, name: str, weights: Path | None) -> bool:
    encoding = contract.encoding
    if encoding is None:
        return False
    front = front_graph(model, encoding["input"])
    try:
        is_cut = cut_graph(model, encoding["input"], contract.output, len(contract.fields))
        if front is not None:
            check_front(_session(front.SerializeToString(), "its front", weights), contract, encoding)
    except ModelRefused as error:
        raise ModelRefused(f"{name}: {error}") from error
    return is_cut


def _session(source: bytes | Path, name: str, weights: Path | None = None) -> onnxruntime.InferenceSession:
    try:
        return open_session(source, weights)
    except Exception as error:
        # onnxruntime has a class of errors for each status, without a common parent.
        raise ModelRefused(f"{name}: onnxruntime cannot load the graph: {error}") from error
