"""The lines of a file in its encoding, one at a time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.data.reading import Reading

# Longest line in characters, line end included. No application is as long.
LONGEST_LINE = 1 << 20


class TextLines:
    """(number, line) of each line below the header, each with its line end."""

    def __init__(self, content: bytes, name: str, reading: Reading) -> None:
        self._content, self._name, self._encoding = content, name, reading.encoding
        self._text = io.TextIOWrapper(io.BytesIO(content), encoding=reading.encoding, newline="")
        self.number = 0
        # The last line that is not blank.
        self.last = ""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while line := self.next():
            yield self.number, line

    def next(self) -> str:
        """The next line, or an empty string at the end."""
        try:
            line = self._text.readline(LONGEST_LINE + 1)
        except UnicodeError as error:
            raise DataRefused(f"{self._name}: {self._undecodable()}") from error
        self.number += bool(line)
        if len(line) > LONGEST_LINE:
            raise DataRefused(f"{self._name}: line {self.number} is longer than {LONGEST_LINE:,} characters")
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        if not is_blank(line):
            self.last = line
        return line

    def _undecodable(self) -> str:
        """The reader decodes ahead of the lines, so the place is found by decoding once more."""
        try:
            self._content.decode(self._encoding)
        except UnicodeDecodeError as error:
            before = self._content[: error.start].decode(self._encoding, errors="replace")
            where = (
                f"line {before.count(chr(10)) + 1}, byte {error.start + 1} of the file, is not {_shown(self._encoding)}"
            )
            return f"{where}; {self._encoding_advice()}"
        return "the file does not begin with a byte order mark; --encoding utf-16-le or utf-16-be reads it"

    def _encoding_advice(self) -> str:
        if self._encoding != "utf-8":
            return "another --encoding may read the file, or the file is damaged"
        try:
            self._content.decode("cp1252")
        except UnicodeDecodeError:
            return "the option --encoding names the encoding of the file"
        return "--encoding cp1252 reads a file from Windows in Western languages; --encoding takes others too"


def is_blank(line: str) -> bool:
    """True for a line of spaces. A line of tabs may be a row of empty cells."""
    return not line.strip(" \r\n")


def _shown(encoding: str) -> str:
    return encoding.upper() if encoding.startswith("utf") else encoding
