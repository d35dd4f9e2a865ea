"""A graph with its serving.json: checked as a server checks them, then called with decoded rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from loan_training.errors import ModelRefused
from loan_training.model.onnx_session import CHUNK_ROWS
from loan_training.scoring.encoding import Columns, Encoding, MatrixEncoding, TextEncoding, graph_value
from loan_training.scoring.graph_inputs import graph_inputs
from loan_training.scoring.signature_faults import input_faults, output_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from loan_training.scoring.serving_contract import ServingContract

TOLERANCE = 0.00001


class ContractModel:
    def __init__(self, session: onnxruntime.InferenceSession, contract: ServingContract) -> None:
        """Raises ModelRefused if the graph does not take the fields, or does not give the output."""
        self.contract = contract
        self._session = session
        inputs = {one.name: one for one in session.get_inputs()}
        faults = input_faults(contract, inputs) + output_faults(contract, session.get_outputs())
        if faults:
            raise ModelRefused(f"model.onnx does not fit serving.json: {'; '.join(faults)}")
        self._encoding: Encoding = (
            TextEncoding(graph_inputs(contract.names, list(inputs)))
            if contract.encoding is None
            else MatrixEncoding(contract, contract.encoding)
        )

    def columns(self, rows: Sequence[Sequence[str | float]]) -> Columns:
        """The columns of decoded rows."""
        return {
            field["name"]: self._encoding.column(field, [row[place] for row in rows])
            for place, field in enumerate(self.contract.fields)
        }

    def column(self, field: dict[str, Any], values: Sequence[str | float | None]) -> np.ndarray:
        """Values of serving.json as the graph reads them."""
        return self._encoding.column(field, [graph_value(field, value) for value in values])

    def scores(self, columns: Columns) -> np.ndarray:
        """What the graph gives for each row, float64 [N] of float32 values as in the inference service."""
        rows = len(next(iter(columns.values())))
        output = np.asarray(self._session.run([self.contract.output], self._encoding.feeds(columns))[0])
        classes = self.contract.output_classes
        width = 1 if classes is None else 2
        if output.size != rows * width:
            raise ModelRefused(
                f"output {self.contract.output} has the shape {list(output.shape)} for {rows} rows: rule: "
                f"{'one value' if width == 1 else 'two values'} for each row; outputClasses in serving.json names the "
                "class of each column of an output [N, 2]"
            )
        place = 0 if classes is None else classes.index(self.contract.decision["positiveClass"])
        return output.reshape(rows, width)[:, place].astype(np.float32).astype(np.float64)

    def scores_apart(self, columns: Columns) -> np.ndarray:
        """The same, with NaN for a row on which the graph fails. Rows are halved until the failing rows are alone."""
        rows = len(next(iter(columns.values())))
        result = np.full(rows, np.nan)
        spans = [(0, rows)]
        while spans:
            start, end = spans.pop()
            try:
                result[start:end] = self.scores({name: values[start:end] for name, values in columns.items()})
            except _GRAPH_FAILURES:
                middle = (start + end) // 2
                if end - start > 1:
                    spans += [(middle, end), (start, middle)]
        return result

    def probabilities(self, applications: pd.DataFrame) -> np.ndarray:
        """P(positive) of rows that the contract accepts, float64 [N]. A missing word is "", a missing number NaN."""
        parts = []
        for start in range(0, max(len(applications), 1), CHUNK_ROWS):
            rows = applications.iloc[start : start + CHUNK_ROWS]
            fields = self.contract.fields
            parts.append(
                self.scores({one["name"]: self._encoding.column(one, rows[one["name"]].tolist()) for one in fields})
            )
        return np.concatenate(parts)

    def check_golden(self) -> None:
        """Raises ModelRefused if the graph does not repeat the golden samples."""
        golden = self.contract.document["golden"]
        rows = [self._graph_row(sample["input"]) for sample in golden]
        # One row more, because the shapes for a single row do not show what belongs to a row.
        found = self.scores(self.columns([*rows, rows[0]]))
        for place, (score, sample) in enumerate(zip(found, golden, strict=False)):
            if not abs(score - sample["probability"]) <= TOLERANCE:
                raise ModelRefused(
                    f"golden sample {place} of serving.json gives {score}, and the file says {sample['probability']}; "
                    f"rule: at most {TOLERANCE} apart; take the files of one version"
                )

    def _graph_row(self, row: dict[str, Any]) -> list[str | float]:
        return [graph_value(field, row.get(field["name"])) for field in self.contract.fields]


_GRAPH_FAILURES = (
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
    onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException,
)
