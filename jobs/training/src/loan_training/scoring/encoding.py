"""What a graph reads for the values of a row: a tensor for each field, or one matrix of numbers and codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loan_training.scoring.serving_contract import ServingContract

# Field to the values of the rows as the graph reads them, [N].
Columns = dict[str, np.ndarray]


def graph_value(field: Mapping[str, Any], value: str | float | None) -> str | float:
    """A value of serving.json as `column` takes it."""
    if value is not None:
        return value
    return "" if field["type"] == "string" else np.nan


class Encoding(Protocol):
    def column(self, field: Mapping[str, Any], values: Sequence[Any]) -> np.ndarray:
        """Decoded values of a field, "" or NaN for a missing value, as the graph reads them."""
        ...

    def feeds(self, columns: Columns) -> dict[str, np.ndarray]:
        """The inputs of the graph."""
        ...


class TextEncoding:
    """Contract version 1: words as they are, in an input [N, 1] for each field."""

    def __init__(self, inputs: Mapping[str, str]) -> None:
        """`inputs` has the graph input of each field."""
        self._inputs = inputs

    def column(self, field: Mapping[str, Any], values: Sequence[Any]) -> np.ndarray:
        return np.array(values, dtype=object if field["type"] == "string" else np.float32)

    def feeds(self, columns: Columns) -> dict[str, np.ndarray]:
        return {self._inputs[name]: values.reshape(-1, 1) for name, values in columns.items()}


class MatrixEncoding:
    """Contract version 2: a word as its place in the field's values, in a column of one matrix."""

    def __init__(self, contract: ServingContract, encoding: Mapping[str, str]) -> None:
        self._names = contract.names
        self._input = encoding["input"]
        is_code = encoding["missingCategory"] == "code"
        self._codes: dict[str, dict[str, float]] = {
            field["name"]: {value: float(place) for place, value in enumerate(field["values"])}
            | {"": float(len(field["values"])) if is_code else np.nan}
            for field in contract.fields
            if field["type"] == "string"
        }

    def column(self, field: Mapping[str, Any], values: Sequence[Any]) -> np.ndarray:
        codes = self._codes.get(field["name"])
        if codes is None:
            return np.array(values, dtype=np.float32)
        return np.array([codes.get(value, np.nan) for value in values], dtype=np.float32)

    def feeds(self, columns: Columns) -> dict[str, np.ndarray]:
        return {self._input: np.column_stack([columns[name] for name in self._names])}
