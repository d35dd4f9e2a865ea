"""What a server refuses in the inputs and the output of a graph, in words that say what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loan_training.scoring.graph_inputs import graph_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.scoring.serving_contract import ServingContract

_TYPES = {"tensor(string)": "string", "tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64"}


def input_faults(contract: ServingContract, inputs: dict[str, Any]) -> list[str]:
    if contract.encoding is None:
        return column_faults(contract, inputs)
    return _matrix_faults(contract, contract.encoding["input"], inputs)


def _matrix_faults(contract: ServingContract, name: str, inputs: dict[str, Any]) -> list[str]:
    if list(inputs) != [name]:
        return [f"the graph has the inputs {', '.join(inputs)}, and encoding.input of serving.json names {name}"]
    return _faults_of_matrix("input", inputs[name], len(contract.fields))


def tensor_faults(contract: ServingContract, spec: Any) -> list[str]:
    """Faults of a matrix inside the graph."""
    return _faults_of_matrix("tensor", spec, len(contract.fields))


def _faults_of_matrix(kind: str, spec: Any, width: int) -> list[str]:
    if _TYPES.get(spec.type) != "float32" or not _has_width(spec, width):
        return [
            f"{kind} {described(spec)} should be float32 [N, {width}], a column for each field"
            f"{_cast_advice(spec.type, 'float32') if kind == 'input' else ''}"
        ]
    return _fixed_rows(kind, spec)


def column_faults(contract: ServingContract, inputs: dict[str, Any]) -> list[str]:
    names, faults = graph_inputs(contract.names, list(inputs)), []
    for field in contract.fields:
        spec = inputs.get(names.get(field["name"], ""))
        if spec is None:
            faults.append(f"the graph has no input {field['name']}")
        else:
            faults += _faults_of_column(spec, "string" if field["type"] == "string" else "float32")
    used = set(names.values())
    return faults + [f"serving.json has no field {name}" for name in inputs if name not in used]


def _faults_of_column(spec: Any, expected: str) -> list[str]:
    if _TYPES.get(spec.type) != expected or not _has_width(spec, 1):
        return [f"input {described(spec)} should be {expected} [N, 1]{_cast_advice(spec.type, expected)}"]
    return _fixed_rows("input", spec)


def _has_width(spec: Any, width: int) -> bool:
    """True for [N, width], and for a shape that a converter left open."""
    shape = spec.shape
    return not shape or (len(shape) == 2 and (shape[1] == width or not isinstance(shape[1], int)))


def _cast_advice(found: str, expected: str) -> str:
    if expected == "float32" and found in ("tensor(double)", "tensor(int64)", "tensor(int32)"):
        return ": export the graph with a float32 input, and put a Cast node behind the input"
    return ""


def output_faults(contract: ServingContract, outputs: Sequence[Any]) -> list[str]:
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
