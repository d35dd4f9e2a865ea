"""Other names of columns, from a schema file."""

from __future__ import annotations

from loan_training.scoring.columns import HeaderNames


def header_names(schema: str | None, id_column: str | None) -> HeaderNames:
    """Raises SchemaRefused."""
    if schema is None:
        return HeaderNames(id_column=id_column)
    from loan_training.schema.document import load_schema

    loaded = load_schema(schema)
    aliases = {header: column.name for column in loaded.columns for header in column.headers}
    identifier = loaded.identifier
    ids = () if identifier is None else (identifier.column, *identifier.headers)
    return HeaderNames(aliases, ids, id_column)
