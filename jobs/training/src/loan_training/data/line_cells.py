"""The cells of a line of delimited text, by the quotes of RFC 4180."""

from __future__ import annotations


class LineFault(Exception):
    """What is wrong with a line."""


def split_line(line: str, delimiter: str) -> list[str]:
    """The cells of a line without line breaks in its cells. Raises LineFault if its quotes are not in order."""
    line = line.rstrip("\r\n")
    if "\0" in line:
        raise LineFault("the line holds a NUL byte; the file is damaged, or is not text")
    if '"' not in line:
        return line.split(delimiter)
    # Pieces at odd places are inside quotes. An empty piece between two of them is a doubled quote.
    pieces = line.split('"')
    if len(pieces) % 2 == 0:
        raise LineFault("a quote is opened and not closed on the line")
    *cells, before = pieces[0].split(delimiter)
    _require_blank(before)
    field = [pieces[1]]
    for place in range(2, len(pieces) - 1, 2):
        if not pieces[place]:
            field += ('"', pieces[place + 1])
            continue
        after, *between = pieces[place].split(delimiter)
        _require_blank(after)
        if not between:
            raise LineFault("two quoted values have no delimiter between them")
        _require_blank(between[-1])
        cells += ("".join(field), *between[:-1])
        field = [pieces[place + 1]]
    after, *rest = pieces[-1].split(delimiter)
    _require_blank(after)
    return [*cells, "".join(field), *rest]


def _require_blank(text: str) -> None:
    if text.strip(" "):
        raise LineFault("a quote is inside a value; put the whole value in quotes, and double a quote inside them")
