"""The fields of serving.json for a graph that takes one matrix, whose columns have no names in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loan_training.data.numbers import NotANumber, parse_number
from loan_training.errors import ModelRefused
from loan_training.foreign.fields import NUMBER_TYPES, FieldValues, cells_of, field_of
from loan_training.scoring.graph_inputs import graph_inputs
from loan_training.scoring.signature_faults import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.data.table import RawTable
    from loan_training.schema.schema import Schema


def takes_a_matrix(inputs: Sequence[Any], known: Sequence[str], named: Sequence[str] | None) -> bool:
    """True if the only input holds numbers in several columns.

    An input of one column, or of a free number of columns, is a matrix if the user names its columns, or if no field
    has its name.
    """
    if len(inputs) != 1 or inputs[0].type not in NUMBER_TYPES or len(inputs[0].shape) != 2:
        return False
    width = inputs[0].shape[1]
    is_wide = isinstance(width, int) and width > 1
    return is_wide or named is not None or not graph_inputs(known, [inputs[0].name])


def matrix_fields(
    matrix: Any, named: Sequence[str] | None, schema: Schema | None, table: RawTable | None, file: str
) -> list[FieldValues]:
    """A field for each column of the matrix. Raises ModelRefused or DataRefused."""
    names = _names(matrix, named, schema, table)
    return [field_of(name, _kind(name, schema, table, file), schema, table, file) for name in names]


def known_names(schema: Schema | None, table: RawTable | None) -> list[str]:
    if schema is not None:
        return list(schema.names)
    return [] if table is None else [one.strip() for one in table.header]


def _names(matrix: Any, named: Sequence[str] | None, schema: Schema | None, table: RawTable | None) -> list[str]:
    width, known = matrix.shape[1], known_names(schema, table)
    source = "--schema" if schema is not None else "--data"
    if named is None:
        if isinstance(width, int) and width == len(known):
            return known
        raise ModelRefused(
            f"the graph takes the matrix {described(matrix)}, and {source} has {len(known)} columns: "
            f"name the columns of the matrix in their order with --fields, such as --fields {','.join(known[:3])}"
        )
    unknown = [name for name in named if name not in known]
    if unknown:
        raise ModelRefused(f"--fields names {', '.join(unknown)}, which {source} does not have: {', '.join(known)}")
    if isinstance(width, int) and width != len(named):
        raise ModelRefused(f"--fields names {len(named)} columns, and the graph takes the matrix {described(matrix)}")
    return list(named)


def _kind(name: str, schema: Schema | None, table: RawTable | None, file: str) -> str:
    """The matrix holds numbers alone, so without a schema only the cells tell that a column holds words."""
    if schema is not None or table is None:
        return NUMBER_TYPES[0]
    for cell in dict.fromkeys(cells_of(name, None, table, file)):
        try:
            parse_number(cell or "0", table.decimal)
        except NotANumber:
            return "tensor(string)"
    return NUMBER_TYPES[0]
