"""Reads delimited text, such as CSV. A row of another width than the header is never read, and never skipped.

A row is one line. RFC 4180 also allows a line break inside quotes, which is refused here: a quote that is never
closed would otherwise swallow the rows below it, up to the next quote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from loan_training.data.formats import UTF8_MARK
from loan_training.data.header import refuse_names
from loan_training.data.line_cells import LineFault, split_line
from loan_training.data.reading import DELIMITERS, delimiter_option
from loan_training.data.table import RawTable
from loan_training.data.text_lines import TextLines, is_blank
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from loan_training.data.reading import Reading

SHOWN_FAULTS = 5
# Cells that are Python strings at a time. They then become Arrow arrays, which are a tenth of the size.
CHUNK_CELLS = 1_000_000


class HeaderLines(Protocol):
    def next(self) -> str: ...


def read_delimited(content: bytes, name: str, reading: Reading) -> RawTable:
    """The table in a text file. Raises DataRefused, which names the row, the line and what to do."""
    if content.startswith(UTF8_MARK) and reading.encoding != "utf-8":
        raise DataRefused(f"{name}: the file is text in UTF-8 by its first bytes; --encoding utf-8 reads it")
    lines = TextLines(content, name, reading)
    header = read_header(lines, name, reading.delimiter)
    chunks, faults = _Chunks(len(header)), _Faults(name)
    blank_from = 0
    for number, line in lines:
        if is_blank(line):
            # Blank lines at the end hold nothing. A blank line above a row is a fault.
            blank_from = blank_from or number
            continue
        if blank_from:
            faults.add(blank_from, "the line is blank; remove it")
            blank_from = 0
        try:
            cells = split_line(line, reading.delimiter)
            if len(cells) != len(header):
                raise LineFault(_width(len(cells), len(header), line, reading.delimiter))
        except LineFault as fault:
            faults.add(number, str(fault))
            continue
        chunks.add(cells)
    faults.refuse()
    columns = chunks.columns()
    if lines.last and not lines.last.endswith(("\n", "\r")):
        _refuse_cut_value(lines, columns[-1], name)
    # Countries with a decimal comma separate values by another character.
    doubtful = reading.delimiter != "," and reading.decimal == "." and not reading.decimal_stated
    return RawTable(header, columns, 2, reading.decimal, doubtful, frozenset(reading.missing_values))


class _Faults:
    """The first faulty lines and the number of all of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown: list[str] = []
        self._count = 0

    def add(self, line: int, fault: str) -> None:
        self._count += 1
        if len(self._shown) < SHOWN_FAULTS:
            self._shown.append(f"{self._name}: row {line - 1} (line {line}): {fault}")

    def refuse(self) -> None:
        more = self._count - len(self._shown)
        if self._count:
            raise DataRefused("\n".join([*self._shown, *([f"{self._name}: and {more} more bad rows"] if more else [])]))


class _Chunks:
    """Collects rows, and keeps their cells by column."""

    def __init__(self, width: int) -> None:
        self._rows: list[list[str]] = []
        self._chunk_rows = CHUNK_CELLS // width + 1
        self._columns: list[list] = [[] for _ in range(width)]

    def add(self, cells: list[str]) -> None:
        self._rows.append(cells)
        if len(self._rows) == self._chunk_rows:
            self._flush()

    def columns(self) -> tuple:
        import pyarrow as pa

        self._flush()
        return tuple(pa.chunked_array(chunks, pa.string()) for chunks in self._columns)

    def _flush(self) -> None:
        import pyarrow as pa

        for column, cells in zip(self._columns, zip(*self._rows, strict=True), strict=False):
            column.append(pa.array(cells, pa.string()))
        self._rows = []


def read_header(lines: HeaderLines, name: str, delimiter: str) -> tuple[str, ...]:
    """The names in the first line. Raises DataRefused."""
    line = lines.next()
    if not line.strip():
        raise DataRefused(f"{name}: line 1 is blank; line 1 must hold the names of the columns")
    if line.lower().startswith("sep="):
        raise DataRefused(f"{name}: line 1 is Excel's note of the delimiter; remove the line, and use --delimiter")
    try:
        cells = tuple(cell.strip() for cell in split_line(line, delimiter))
    except LineFault as fault:
        raise DataRefused(f"{name}: header (line 1): {fault}") from fault
    if len(cells) == 1:
        _refuse_other_delimiter(line, name, delimiter)
    refuse_names(cells, name)
    return cells


def _refuse_other_delimiter(line: str, name: str, delimiter: str) -> None:
    counts = {one: line.count(one) for one in DELIMITERS.values() if one != delimiter}
    likely = max(counts, key=lambda one: counts[one])
    if counts[likely]:
        shown, used = (_delimiter_shown(one) for one in (likely, delimiter))
        raise DataRefused(
            f"{name}: the header is separated by {shown} and not by {used}; "
            f"--delimiter '{delimiter_option(likely)}' reads it"
        )


def _delimiter_shown(character: str) -> str:
    return "a tab" if character == "\t" else repr(character)


def _width(found: int, expected: int, line: str, delimiter: str) -> str:
    cells = f"{found} {'cell' if found == 1 else 'cells'}, and the header has {expected}"
    if expected == 1:
        return f"{cells}; line 1 must hold the names of all columns: remove the lines above the header"
    if found > expected:
        return (
            f"{cells}; put a value that holds the delimiter in quotes, and write numbers without thousands separators"
            if delimiter == ","
            else f"{cells}; put a value that holds the delimiter in quotes"
        )
    if not line.endswith(("\n", "\r")):
        return f"{cells}; the line has no line end, so the file may be cut: fetch or write it again"
    return f"{cells}; the row may be cut, or a delimiter is missing"


def _refuse_cut_value(lines: TextLines, column: object, name: str) -> None:
    """Refuses a last value that may be the beginning of a longer value, because the file ends without a line end.

    A number may be cut anywhere. Only a code, such as 0 or 1, is known to be whole: another row has it, and every
    value of the column is as long. A cut word is seldom an allowed word.
    """
    import pyarrow.compute as pc

    if lines.last.rstrip(" ").endswith('"') or lines.number < 2 or not len(column):
        return
    value, others = column[-1].as_py(), column.slice(0, len(column) - 1)
    others = others.filter(pc.not_equal(others, ""))
    word = value.strip()
    if word and not word[0].isdigit() and not word[-1].isdigit():
        whole = not pc.any(pc.and_(pc.starts_with(others, value), pc.not_equal(others, value))).as_py()
    else:
        as_long = pc.all(pc.equal(pc.utf8_length(others), len(value))).as_py()
        whole = as_long and pc.any(pc.equal(others, value)).as_py()
    if not whole:
        raise DataRefused(
            f"{name}: row {lines.number - 1} (line {lines.number}): the file ends in the value {value!r} without a "
            "line end, so the value may be cut; if the file is whole, add a line end"
        )
