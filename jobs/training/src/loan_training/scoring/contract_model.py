"""A graph with its serving.json: checked as a server checks them, then called with decoded rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from loan_training.errors import ModelRefused
from loan_training.scoring.graph_inputs import graph_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.scoring.serving_contract import ServingContract

TOLERANCE = 0.00001
_TYPES = {"tensor(string)": "string", "tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64"}

# Field name to the values of the rows: words (object) or numbers (float32), [N].
Columns = dict[str, np.ndarray]


class ContractModel:
    def __init__(self, session: onnxruntime.InferenceSession, contract: ServingContract) -> None:
        """Raises ModelRefused if the graph does not take the fields, or does not give the output."""
        self.contract = contract
        self._session = session
        inputs = {one.name: one for one in session.get_inputs()}
        self._inputs = graph_inputs(contract.names, list(inputs))
        faults = _input_faults(contract, self._inputs, inputs) + _output_faults(contract, session.get_outputs())
        if faults:
            raise ModelRefused(f"model.onnx does not fit serving.json: {'; '.join(faults)}")

    def columns(self, rows: Sequence[Sequence[str | float]]) -> Columns:
        """The columns of decoded rows."""
        return {
            field["name"]: np.array([row[place] for row in rows], dtype=_dtype(field))
            for place, field in enumerate(self.contract.fields)
        }

    def scores(self, columns: Columns) -> np.ndarray:
        """What the graph gives for each row, float64 [N] of float32 values as in the inference service."""
        feeds = {self._inputs[name]: values.reshape(-1, 1) for name, values in columns.items()}
        rows = len(next(iter(columns.values())))
        output = np.asarray(self._session.run([self.contract.output], feeds)[0])
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


def graph_value(field: dict[str, Any], value: str | float | None) -> str | float:
    if value is not None:
        return value
    return "" if field["type"] == "string" else np.nan


def _dtype(field: dict[str, Any]) -> type:
    return object if field["type"] == "string" else np.float32


def _input_faults(contract: ServingContract, names: dict[str, str], inputs: dict[str, Any]) -> list[str]:
    faults = []
    for field in contract.fields:
        spec = inputs.get(names.get(field["name"], ""))
        if spec is None:
            faults.append(f"the graph has no input {field['name']}")
        else:
            faults += input_faults(spec, "string" if field["type"] == "string" else "float32")
    used = set(names.values())
    return faults + [f"serving.json has no field {name}" for name in inputs if name not in used]


def input_faults(spec: Any, expected: str) -> list[str]:
    shape = spec.shape
    is_column = not shape or (len(shape) == 2 and (shape[1] == 1 or not isinstance(shape[1], int)))
    if _TYPES.get(spec.type) != expected or not is_column:
        return [f"input {described(spec)} should be {expected} [N, 1]{_cast_advice(spec.type, expected)}"]
    return _fixed_rows("input", spec)


def _cast_advice(found: str, expected: str) -> str:
    if expected == "float32" and found in ("tensor(double)", "tensor(int64)", "tensor(int32)"):
        return ": export the graph with a float32 input, and put a Cast node behind the input"
    return ""


def _output_faults(contract: ServingContract, outputs: Sequence[Any]) -> list[str]:
    spec = next((one for one in outputs if one.name == contract.output), None)
    if spec is None:
        names = ", ".join(one.name for one in outputs)
        return [f"the graph has no output {contract.output}; the graph has {names}"]
    width = output_width(spec)
    if _TYPES.get(spec.type) not in ("float32", "float64") or len(spec.shape) > 2 or width not in (None, 1, 2):
        return [f"output {described(spec)} should be float32 or float64 [N], [N, 1] or [N, 2]"]
    if width == 2 and contract.output_classes is None:
        return [
            f"output {described(spec)} has a column for each class: add outputClasses to serving.json, "
            "with the class of each column in order"
        ]
    if width == 1 and contract.output_classes is not None:
        return [f"output {described(spec)} has one column: remove outputClasses from serving.json"]
    return _fixed_rows("output", spec)


def output_width(spec: Any) -> int | None:
    """Columns of an output. None if a converter left the shape open."""
    if len(spec.shape) == 1:
        return 1
    return spec.shape[1] if len(spec.shape) == 2 and isinstance(spec.shape[1], int) else None


def _fixed_rows(kind: str, spec: Any) -> list[str]:
    if not spec.shape or not isinstance(spec.shape[0], int):
        return []
    return [f"{kind} {described(spec)} has a fixed number of rows: export the graph with a free first dimension"]


def described(spec: Any) -> str:
    shape = ", ".join(str(length) if isinstance(length, int) else "N" for length in spec.shape)
    return f"{spec.name} ({_TYPES.get(spec.type, spec.type)} [{shape}])"
