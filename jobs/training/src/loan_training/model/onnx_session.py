"""Runs an ONNX graph on applications by onnxruntime, as a server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

OUTPUT = "probability"
STRING = "tensor(string)"
WEIGHTS_DIRECTORY = "session.model_external_initializers_file_folder_path"
# Rows that are scored at a time, because onnxruntime copies each word of the rows that it gets.
CHUNK_ROWS = 65_536


def open_session(model: bytes | Path, weights: Path | None = None) -> onnxruntime.InferenceSession:
    """A session with one thread, so that sums are made in the same order on every machine.

    `weights` is the directory of weights that a graph of bytes names beside itself.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if weights is not None and isinstance(model, bytes):
        options.add_session_config_entry(WEIGHTS_DIRECTORY, str(weights))
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def feeds(session: onnxruntime.InferenceSession, applications: pd.DataFrame) -> dict[str, np.ndarray]:
    """The inputs of the graph, [N, 1] each. A missing word is "", a missing number NaN (float32)."""
    return {
        one.name: applications[one.name].to_numpy(dtype=object if one.type == STRING else np.float32).reshape(-1, 1)
        for one in session.get_inputs()
    }


def probabilities(session: onnxruntime.InferenceSession, applications: pd.DataFrame) -> np.ndarray:
    """P(positive) of each row, float64 [N]."""
    return run_in_chunks(session, [OUTPUT], applications)[0].reshape(-1).astype(np.float64)


def run_in_chunks(
    session: onnxruntime.InferenceSession, outputs: list[str], applications: pd.DataFrame
) -> list[np.ndarray]:
    """Each of the outputs over all rows."""
    parts = [
        session.run(outputs, feeds(session, applications.iloc[start : start + CHUNK_ROWS]))
        for start in range(0, max(len(applications), 1), CHUNK_ROWS)
    ]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]
