"""The lines of a CSV, one at a time. A damaged or endless line is a line, so that no row is lost."""

from __future__ import annotations

import io
from typing import IO

LONGEST_LINE = 1 << 18
# What the decoder writes for bytes that are not text in the encoding.
UNDECODABLE = "\ufffd"


class CsvLines:
    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
        self.number = 0
        self.is_cut = False

    def next(self) -> str:
        """The next line with its line end, cut at the longest line. An empty string at the end of the file."""
        line = self._text.readline(LONGEST_LINE)
        self.is_cut = len(line) == LONGEST_LINE and not line.endswith(("\n", "\r"))
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(LONGEST_LINE)
        self.number += bool(line)
        return line.removeprefix("\ufeff") if self.number == 1 else line

    def release(self) -> None:
        """Leaves the file open."""
        self._text.detach()
