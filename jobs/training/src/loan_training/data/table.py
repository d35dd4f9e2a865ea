"""A table of text cells, before anybody knows what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RawTable:
    """Cells as text, column by column. An empty cell is "". Arrow keeps a million rows near the size of the file."""

    header: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    # Line of the file that holds the first row. Each later row is on the next line. None if the file has no lines.
    first_line: int | None
    # The decimal mark of numbers in the cells.
    decimal: str = "."
    # True if a point may be a thousands separator: the file is not written as in English, and the user stated no mark.
    point_is_doubtful: bool = False
    # Words that mean a missing value.
    missing_values: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def place(self, row: int) -> str:
        """How a message names a row, which counts from 0 here and from 1 in the message."""
        return f"row {row + 1}" if self.first_line is None else f"row {row + 1} (line {self.first_line + row})"

    def distinct(self, header: str) -> tuple[list[str], np.ndarray]:
        """(values, position of each row's value among them). A rule looks at each value once, not at each row.

        Values are stripped, and a word for a missing value is "". So a value may appear more than once.
        """
        encoded = self.columns[self.header.index(header)].dictionary_encode().combine_chunks()
        values = (value.strip() for value in encoded.dictionary.to_pylist())
        return ["" if value in self.missing_values else value for value in values], encoded.indices.to_numpy()

    def cells(self, header: str) -> np.ndarray:
        """The stripped cells of a column, object [rows]. Equal cells are one object."""
        values, positions = self.distinct(header)
        return np.array(values, dtype=object)[positions]
