"""The fields of serving.json for the inputs of a graph, from a schema, a data file, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loan_training.artifact.contract_field import contract_field
from loan_training.data.numbers import NotANumber, parse_number
from loan_training.errors import DataRefused, ModelRefused
from loan_training.scoring.field_rules import Rejection, field_rule
from loan_training.scoring.graph_inputs import graph_inputs

if TYPE_CHECKING:
    from loan_training.data.table import RawTable
    from loan_training.schema.schema import Schema

MAXIMUM_VALUES = 10_000
NUMBER_TYPES = ("tensor(float)", "tensor(double)", "tensor(int64)", "tensor(int32)")


@dataclass(frozen=True)
class FieldValues:
    """A field of serving.json, with values of the data, object or float64 [rows]. Empty without data."""

    field: dict[str, Any]
    values: np.ndarray


def fields_of(inputs: list[Any], schema: Schema | None, table: RawTable | None, name: str) -> list[FieldValues]:
    """A field for each input of the graph. Raises ModelRefused or DataRefused."""
    known = list(schema.names) if schema else [one.strip() for one in table.header] if table else []
    names = graph_inputs(known, [one.name for one in inputs])
    by_input = {graph_name: field for field, graph_name in names.items()}
    missing = [one.name for one in inputs if one.name not in by_input]
    if missing:
        shape = next(one.shape for one in inputs if one.name == missing[0])
        matrix = (
            f"; {missing[0]} takes {shape[1]} columns at once: export the graph with an input [N, 1] for each column, "
            "or with one matrix of all columns"
            if len(shape) == 2 and isinstance(shape[1], int) and shape[1] > 1
            else ""
        )
        raise ModelRefused(
            f"the graph has the inputs {', '.join(missing)}, which {'the schema' if schema else name} does not have; "
            f"known are {', '.join(known)}{matrix}"
        )
    return [field_of(by_input[one.name], one.type, schema, table, name) for one in inputs]


def field_of(name: str, kind: str, schema: Schema | None, table: RawTable | None, file: str) -> FieldValues:
    cells = None if table is None else cells_of(name, schema, table, file)
    if schema is not None:
        field = contract_field(schema.column(name))
    elif kind in NUMBER_TYPES:
        field = {"name": name, "type": "number", "required": not (cells == "").any()}
    else:
        field = _words(name, cells, file)
    if cells is None:
        return FieldValues(field, np.array([]))
    return FieldValues(field, _read(field, cells, table.decimal, file))


def _words(name: str, cells: np.ndarray, file: str) -> dict[str, Any]:
    values = sorted({cell for cell in cells if cell})
    if not values or len(values) > MAXIMUM_VALUES:
        raise DataRefused(
            f"{file}: column {name!r} has {len(values)} different words; rule: 1 to {MAXIMUM_VALUES}, "
            "because serving.json lists the allowed words"
        )
    return {"name": name, "type": "string", "required": not (cells == "").any(), "values": values}


def cells_of(name: str, schema: Schema | None, table: RawTable, file: str) -> np.ndarray:
    names = {name, *(schema.column(name).headers if schema else ())}
    header = next((one for one in table.header if one.strip() in names), None)
    if header is None:
        raise DataRefused(f"{file}: column {name!r} is missing; the file has {', '.join(table.header)}")
    return table.cells(header)


def _read(field: dict[str, Any], cells: np.ndarray, decimal: str, file: str) -> np.ndarray:
    rule = field_rule(field)
    decoded: dict[str, Any] = {}
    for cell in dict.fromkeys(cells):
        value: Any = cell
        if field["type"] == "number":
            try:
                value = parse_number(cell, decimal)
            except NotANumber as error:
                raise DataRefused(f"{file}: column {field['name']}: {cell!r}; rule: {error}") from error
        decoded[cell] = rule(value)
        if isinstance(decoded[cell], Rejection):
            raise DataRefused(f"{file}: {decoded[cell].message}; correct the schema or the file")
    return np.array([decoded[cell] for cell in cells], dtype=object if field["type"] == "string" else np.float64)
