"""Opens model.onnx as a server does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx
from google.protobuf.message import DecodeError

from loan_training.errors import ModelRefused
from loan_training.model.onnx_session import open_session
from loan_training.scoring.zip_map import bypass_zip_maps, declare_doubles

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime


@dataclass(frozen=True)
class OpenedGraph:
    session: onnxruntime.InferenceSession
    # Class labels of each output that ZipMap gave.
    zip_maps: dict[str, list[str]]


def open_graph(path: Path) -> OpenedGraph:
    """Raises ModelRefused if the file is no graph that onnxruntime can load."""
    if not path.is_file():
        raise ModelRefused(f"{path}: no such file")
    try:
        model = onnx.load_model(path, load_external_data=False)
    except DecodeError as error:
        raise ModelRefused(f"{path}: the file is not an ONNX graph: {error}") from error
    labels = bypass_zip_maps(model)
    if not labels:
        # By its path, so that onnxruntime finds weights beside the graph.
        return OpenedGraph(_session(path, path), {})
    try:
        return OpenedGraph(_session(model.SerializeToString(), path), labels)
    except ModelRefused:
        # A classifier of doubles gives doubles to its ZipMap, which only the graph's own inference could tell.
        declare_doubles(model, labels)
        return OpenedGraph(_session(model.SerializeToString(), path), labels)


def _session(source: bytes | Path, path: Path) -> onnxruntime.InferenceSession:
    try:
        return open_session(source)
    except Exception as error:
        # onnxruntime has a class of errors for each status, without a common parent.
        raise ModelRefused(f"{path}: onnxruntime cannot load the graph: {error}") from error
