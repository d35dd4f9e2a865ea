"""Reads the bytes of a data file, whatever its name, as a table of text cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.data.compression import decompress
from loan_training.data.delimited import read_delimited
from loan_training.data.formats import GZIP, PARQUET, TEXT, UTF8_MARK, ZSTD, identify
from loan_training.data.parquet import read_parquet
from loan_training.data.reading import Reading
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from loan_training.data.table import RawTable

DEFAULT_READING = Reading()


def read_table(content: bytes, name: str, reading: Reading = DEFAULT_READING) -> RawTable:
    """The table in a file. Raises DataRefused, which names what the file is and the option that reads it."""
    kind = identify(content, reading.encoding)
    if kind in (GZIP, ZSTD):
        content = decompress(content, kind, name, reading.maximum_bytes)
        kind = identify(content, reading.encoding)
        if kind in (GZIP, ZSTD):
            raise DataRefused(f"{name}: the file is compressed twice; decompress it once")
    if not content.removeprefix(UTF8_MARK).strip():
        raise DataRefused(f"{name}: the file is empty; a header line is expected")
    if kind is PARQUET:
        table = read_parquet(content, name, reading)
    elif kind is TEXT:
        table = read_delimited(content, name, reading)
    else:
        raise DataRefused(f"{name}: the file is {kind.name}; {kind.advice}; CSV and Parquet are read")
    if not len(table):
        raise DataRefused(f"{name}: no rows below the header")
    return table
