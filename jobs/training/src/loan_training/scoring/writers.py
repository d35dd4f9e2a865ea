"""Writes results as CSV, JSON Lines or Parquet, chunk by chunk."""

from __future__ import annotations

import csv
import io
import json
from typing import IO, TYPE_CHECKING, Any, Protocol

from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loan_training.scoring.result import Result, ResultColumns

FORMATS = ("csv", "jsonl", "parquet")
_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class Writer(Protocol):
    def write(self, results: Sequence[Result]) -> None: ...
    def close(self) -> None: ...


def format_of(output: str, chosen: str | None) -> str:
    """The format by --format, or by the ending of the file."""
    if chosen is not None:
        return chosen
    for ending, form in _ENDINGS.items():
        if output.lower().endswith(ending):
            return form
    raise DataRefused(f"{output}: the ending names no format; use .csv, .jsonl or .parquet, or give --format")


def open_writer(form: str, file: IO[bytes], columns: ResultColumns) -> Writer:
    return {"csv": CsvWriter, "jsonl": JsonLinesWriter, "parquet": ParquetWriter}[form](file, columns)


class CsvWriter:
    def __init__(self, file: IO[bytes], columns: ResultColumns) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", errors="backslashreplace")
        self._csv = csv.writer(self._text, lineterminator="\n")
        self._csv.writerow(_names(columns))

    def write(self, results: Sequence[Result]) -> None:
        self._csv.writerows([_cell(value) for value in self._columns.flat(one).values()] for one in results)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class JsonLinesWriter:
    def __init__(self, file: IO[bytes], columns: ResultColumns) -> None:
        self._file, self._columns = file, columns

    def write(self, results: Sequence[Result]) -> None:
        lines = (json.dumps(self._columns.record(one), allow_nan=False) + "\n" for one in results)
        self._file.write("".join(lines).encode())

    def close(self) -> None:
        self._file.flush()


class ParquetWriter:
    def __init__(self, file: IO[bytes], columns: ResultColumns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"row": pa.int64(), "probability": pa.float64(), "positive": pa.bool_()}
        self._columns = columns
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _names(columns)])
        self._writer = pq.ParquetWriter(file, self._schema)

    def write(self, results: Sequence[Result]) -> None:
        import pyarrow as pa

        rows = [{name: _text(value) for name, value in self._columns.flat(one).items()} for one in results]
        self._writer.write_table(pa.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _names(columns: ResultColumns) -> list[str]:
    from loan_training.scoring.result import Result

    return list(columns.flat(Result(1, "")))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _text(value: Any) -> Any:
    """Text that UTF-8 can hold. Half of a character, which JSON can hold, is written as its escape."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
