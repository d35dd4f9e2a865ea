"""The rows of a CSV, Parquet or JSON Lines file, one at a time, whatever is wrong with a row."""

from __future__ import annotations

from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from loan_training.data.delimited import read_header
from loan_training.data.formats import LONGEST_JSON_LINE, PARQUET, SNIFFED_BYTES, TEXT, identify
from loan_training.data.line_cells import LineFault, split_line
from loan_training.errors import DataRefused
from loan_training.scoring.csv_lines import LONGEST_LINE, UNDECODABLE, CsvLines
from loan_training.scoring.field_rules import Rejection
from loan_training.scoring.json_values import quoted, shown_number
from loan_training.scoring.records import ID_CHARACTERS, RECORD_BYTES, Row, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from loan_training.data.reading import Reading
    from loan_training.scoring.columns import FileColumns, HeaderNames

    MatchHeader = Callable[[Sequence[str]], FileColumns]

BATCH_ROWS = 8_192
# A row group is decoded as a whole.
ROW_GROUP_BYTES = 1 << 30
JSON_ENDINGS = (".jsonl", ".ndjson", ".json")


def read_rows(
    file: IO[bytes], name: str, form: str, reading: Reading, match: MatchHeader, names: HeaderNames
) -> Iterator[Row]:
    """`match` finds the contract's fields in a header. `form` is csv, jsonl or parquet, or auto."""
    form = _form(file, name, reading.encoding) if form == "auto" else form
    if form == "jsonl":
        return _json_rows(file, names)
    return _parquet_rows(file, name, match) if form == "parquet" else _csv_rows(file, name, reading, match)


def _form(file: IO[bytes], name: str, encoding: str) -> str:
    head = file.read(max(SNIFFED_BYTES, LONGEST_JSON_LINE))
    file.seek(0)
    if not head.strip():
        raise DataRefused(f"{name}: the file is empty")
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    kind = identify(head, encoding)
    if kind is PARQUET:
        return "parquet"
    if kind.name.startswith("JSON") or (kind is TEXT and plain.endswith(JSON_ENDINGS)):
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            raise DataRefused(f"{name}: the file is a JSON array; write one object a line (JSON Lines)")
        return "jsonl"
    if kind is TEXT:
        return "csv"
    raise DataRefused(f"{name}: the file is {kind.name}; {kind.advice}; CSV, Parquet and JSON Lines are read")


def _json_rows(file: IO[bytes], names: HeaderNames) -> Iterator[Row]:
    while line := file.readline(RECORD_BYTES + 2):
        text = line.rstrip(b"\r\n")
        is_cut = len(line) == RECORD_BYTES + 2 and not line.endswith(b"\n")
        while is_cut and (rest := file.readline(RECORD_BYTES)):
            is_cut = not rest.endswith(b"\n")
        if text.strip():
            row = parse_record(text, names.ids)
            yield replace(row, values=_renamed(row.values, names.aliases)) if names.aliases else row


def _renamed(values: Mapping[str, Any], aliases: Mapping[str, str]) -> Mapping[str, Any]:
    """The values under the names of fields. A name of a field wins over another name of it."""
    return {aliases[name]: value for name, value in values.items() if name in aliases} | dict(values)


def _csv_rows(file: IO[bytes], name: str, reading: Reading, match: MatchHeader) -> Iterator[Row]:
    lines = CsvLines(file, reading.encoding)
    header = read_header(lines, name, reading.delimiter)
    columns = match(header)
    missing = frozenset(reading.missing_values)
    blank = 0
    try:
        while line := lines.next():
            # Blank lines at the end hold nothing. A blank line above a row may be a damaged row.
            if not line.strip(" \r\n"):
                blank += 1
                continue
            for _ in range(blank):
                yield _damaged("", "the line is blank: remove it")
            blank = 0
            yield _csv_row(line, lines.is_cut, header, columns, reading, missing)
    finally:
        lines.release()


def _csv_row(
    line: str, is_cut: bool, header: Sequence[str], columns: FileColumns, reading: Reading, missing: frozenset[str]
) -> Row:
    if is_cut:
        return Row("", {}, Rejection("too_large", f"the line must have at most {LONGEST_LINE} characters"))
    if UNDECODABLE in line:
        return _damaged("", f"the line holds bytes that are not {reading.encoding}: --encoding names the encoding")
    try:
        cells = [cell.strip() for cell in split_line(line, reading.delimiter)]
    except LineFault as fault:
        return _damaged("", str(fault))
    id = cells[columns.id] if columns.id is not None and columns.id < len(cells) else ""
    if len(cells) != len(header):
        return _damaged(id, f"the row has {len(cells)} cells: it must have {len(header)}, as the header")
    values = {field: "" if cells[place] in missing else cells[place] for field, place in columns.fields.items()}
    if reading.decimal != ".":
        for field in columns.numbers:
            if "." in values[field]:
                message = (
                    f"{field} is {quoted(values[field])}: with --decimal '{reading.decimal}' a number has no point"
                )
                return Row(id, {}, Rejection("wrong_type", message, field))
            values[field] = values[field].replace(reading.decimal, ".")
    return _identified(id, values)


def _damaged(id: str, message: str) -> Row:
    return Row(id[:ID_CHARACTERS], {}, Rejection("invalid_envelope", message))


def _identified(id: str, values: Mapping[str, Any]) -> Row:
    if len(id) <= ID_CHARACTERS:
        return Row(id, values)
    return _damaged(id, f"the id has {len(id)} characters: it must have at most {ID_CHARACTERS}")


def _parquet_rows(file: IO[bytes], name: str, match: MatchHeader) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
        metadata = parquet.metadata
        largest = max((metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups)), default=0)
        if largest > ROW_GROUP_BYTES:
            raise DataRefused(
                f"{name}: a row group holds {largest:,} bytes; rule: at most {ROW_GROUP_BYTES:,}; "
                "write the file with smaller row groups"
            )
        header = [field.name for field in parquet.schema_arrow]
        columns = match(header)
        needed = sorted({*columns.fields.values(), *([] if columns.id is None else [columns.id])})
        for batch in parquet.iter_batches(BATCH_ROWS, columns=[header[at] for at in needed]):
            cells = {at: batch.column(place).to_pylist() for place, at in enumerate(needed)}
            for row in range(batch.num_rows):
                values = {field: _plain(cells[at][row]) for field, at in columns.fields.items()}
                id = None if columns.id is None else _plain(cells[columns.id][row])
                yield _identified(_id_text(id), values)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataRefused(f"{name}: the Parquet file is damaged or cut: {str(error)[:200]}; write it again") from error


def _id_text(id: Any) -> str:
    """pandas makes floats of whole numbers if one of them is missing."""
    if id is None:
        return ""
    return shown_number(id) if isinstance(id, float) else str(id)


def _plain(value: Any) -> Any:
    """A value as JSON would hold it. NaN is how pandas writes a missing number."""
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124
    if value is None or isinstance(value, (bool, int, str, list, dict)):
        return value
    return float(value) if hasattr(value, "as_tuple") else str(value)
