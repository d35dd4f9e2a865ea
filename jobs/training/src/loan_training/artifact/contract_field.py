"""A column of a schema as a field of serving.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loan_training.schema.column import Category

if TYPE_CHECKING:
    from loan_training.schema.column import Column


def contract_field(column: Column) -> dict[str, Any]:
    if isinstance(column, Category):
        field = {
            "name": column.name,
            "type": "string",
            "required": column.required,
            "values": list(column.values),
        }
        return field | ({"aliases": dict(column.aliases)} if column.aliases else {})
    return {
        "name": column.name,
        "type": "number",
        "required": column.required,
        "minimum": column.minimum,
        "maximum": column.maximum,
    } | ({"levels": list(column.levels)} if column.levels else {})
