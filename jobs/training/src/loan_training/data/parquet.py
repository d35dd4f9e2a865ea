"""Reads a Parquet file as the same text cells that a CSV of the same values has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loan_training.data.header import refuse_names
from loan_training.data.table import RawTable
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    import pyarrow as pa

    from loan_training.data.reading import Reading

BATCH_ROWS = 65_536
# Above, a float has no digits behind the point, and 1e300 would become a line of zeros.
LARGEST_PLAIN_INTEGER = 2**53


def read_parquet(content: bytes, name: str, reading: Reading) -> RawTable:
    """The table in a Parquet file. Raises DataRefused for a damaged or too large file, or for a type without text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _refuse_size(file.metadata, name, reading.maximum_bytes)
        types = {field.name: field.type for field in file.schema_arrow}
        header = tuple(field.name for field in file.schema_arrow)
        refuse_names(header, name)
        _refuse_types(list(file.schema_arrow), name)
        # Words stay in dictionaries, because a short file may repeat a long word in every row.
        words = [one for one, kind in types.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)]
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=words)
        batches = list(file.iter_batches(BATCH_ROWS))
        for batch in batches:
            batch.validate(full=True)
        columns = [
            pa.chunked_array([batch.column(place) for batch in batches] or [pa.array([], pa.string())])
            for place in range(len(header))
        ]
        texts = tuple(_text(column) for column in columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataRefused(
            f"{name}: the Parquet file is damaged or cut: {_first_line(error)}; write it again"
        ) from error
    return RawTable(header, texts, None, missing_values=frozenset(reading.missing_values))


def _refuse_size(metadata: object, name: str, maximum_bytes: int) -> None:
    size = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    cells = metadata.num_rows * metadata.num_columns
    # A cell of a CSV is a byte at least, so the limit on bytes is also a limit on cells.
    for amount, unit in ((size, "bytes"), (cells, "cells")):
        if amount > maximum_bytes:
            raise DataRefused(
                f"{name}: the Parquet file holds {amount:,} {unit} when decoded, more than the {maximum_bytes:,} "
                "allowed; --max-data-bytes raises the limit"
            )


def _refuse_types(fields: list, name: str) -> None:
    faults = [f"column {one.name!r} holds {one.type}" for one in fields if not _has_text(one.type)]
    if faults:
        raise DataRefused(
            f"{name}: {'; '.join(faults)}; rule: integers, floats, decimals, booleans or strings; "
            "convert the column before writing the file"
        )


def _has_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _has_text(kind.value_type)
    return any(
        test(kind)
        for test in (
            types.is_integer,
            types.is_floating,
            types.is_decimal,
            types.is_boolean,
            types.is_string,
            types.is_large_string,
            types.is_string_view,
            types.is_null,
        )
    )


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as text. A value that has been seen is not written again."""
    import pyarrow as pa

    if pa.types.is_float16(column.type):
        # Arrow finds no distinct values of half floats. A float32 holds each of them exactly.
        column = column.cast(pa.float32())
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    encoded = encoded.unify_dictionaries()
    if not encoded.num_chunks:
        return pa.chunked_array([], pa.string())
    # After unification every chunk has the dictionary of the first.
    words = encoded.chunk(0).dictionary
    if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
        words = pa.array([_written(value) for value in words.to_pylist()], pa.string())
    # A null is a position of its own, behind the last value.
    texts = pa.concat_arrays([words.cast(pa.string()).fill_null(""), pa.array([""], pa.string())])
    chunks = [
        pa.DictionaryArray.from_arrays(chunk.indices.fill_null(len(texts) - 1).cast(pa.int32()), texts)
        for chunk in encoded.chunks
    ]
    return pa.chunked_array(chunks)


def _written(value: object) -> str:
    """A value as a CSV has it. A whole float is written as an integer, because a null turns integers into floats."""
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < LARGEST_PLAIN_INTEGER else repr(value)
    return str(value)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
