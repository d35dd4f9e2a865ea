"""What a file is, by its first bytes. The name of the file does not count, because names are often wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass

SNIFFED_BYTES = 4096
# A first line that is longer is not a record of JSON Lines.
LONGEST_JSON_LINE = 1 << 16
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Format:
    # With its article, to be put after "the file is".
    name: str
    # What the user can do. Empty if the format is read.
    advice: str = ""


TEXT = Format("text")
GZIP = Format("compressed with gzip")
ZSTD = Format("compressed with zstd")
PARQUET = Format("a Parquet file")

_AS_CSV = "save the sheet as CSV (UTF-8)"
_CONVERT = "convert the file to CSV or Parquet"
_UNPACK = "unpack the file, or compress it with gzip"
_UTF16 = "--encoding utf-16 reads it"

# First bytes, each with the format. A longer beginning stands before a shorter beginning.
_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x1f\x8b", GZIP),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"PAR1", PARQUET),
    (b"PARE", Format("an encrypted Parquet file", "write the file without encryption")),
    (b"BZh", Format("compressed with bzip2", _UNPACK)),
    (b"\xfd7zXZ\x00", Format("compressed with xz", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Format("a 7-Zip archive", _UNPACK)),
    (b"Rar!", Format("a RAR archive", _UNPACK)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format("an old Excel workbook (.xls) or Office document", _AS_CSV)),
    (b"%PDF", Format("a PDF document", _CONVERT)),
    (b"\x89PNG", Format("a picture (PNG)", _CONVERT)),
    (b"\xff\xd8\xff", Format("a picture (JPEG)", _CONVERT)),
    (b"\x89HDF", Format("an HDF5 file", _CONVERT)),
    (b"SQLite format 3\x00", Format("an SQLite database", "export the table as CSV")),
    (b"ARROW1", Format("an Arrow (Feather) file", _CONVERT)),
    (b"Obj\x01", Format("an Avro file", _CONVERT)),
    (b"<stata_dta>", Format("a Stata file", _CONVERT)),
    (b"$FL2", Format("an SPSS file", _CONVERT)),
    (b"version https://git-lfs", Format("a Git LFS pointer and not the data", "run git lfs pull")),
    (b"\xff\xfe\x00\x00", Format("text in UTF-32", "save the file as UTF-8")),
    (b"\x00\x00\xfe\xff", Format("text in UTF-32", "save the file as UTF-8")),
)
_ZIPPED: tuple[tuple[bytes, Format], ...] = (
    (b"xl/", Format("an Excel workbook (.xlsx)", _AS_CSV)),
    (b"[Content_Types].xml", Format("an Excel workbook (.xlsx) or another Office document", _AS_CSV)),
    (b"opendocument.spreadsheet", Format("an OpenDocument sheet (.ods)", _AS_CSV)),
)
_HTML = Format("an HTML page", "open the URL in a browser: the server may have sent a login page or an error page")
_HTML_STARTS = (
    "<!doctype html",
    "<html",
    "<head",
    "<body",
    "<script",
    "<meta",
    "<title",
    "<link",
    "<style",
    "<table",
    "<div",
    "<!--",
)


def identify(content: bytes, encoding: str) -> Format:
    """The format of a file. `encoding` is the user's, so that UTF-16 is text to a user who says so."""
    head = content[:SNIFFED_BYTES]
    for beginning, known in _MAGIC:
        if head.startswith(beginning):
            return known
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(content)
    if not encoding.startswith("utf-16"):
        wide = _wide(head)
        if wide is not None:
            return wide
        if _is_binary(head):
            return Format("binary data of an unknown kind", _CONVERT)
    return _markup(content, encoding)


def _zipped(content: bytes) -> Format:
    # The names of the members stand before the members, and again at the end of the archive.
    names = content[:SNIFFED_BYTES] + content[-16 * SNIFFED_BYTES :]
    return next((known for mark, known in _ZIPPED if mark in names), Format("a zip archive", _UNPACK))


def _wide(head: bytes) -> Format | None:
    """UTF-16, known by its mark, or by a zero beside almost every character of a Western text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Format("text in UTF-16", _UTF16)
    odd, even = head[1::2].count(0), head[::2].count(0)
    half = len(head) // 2
    if half > 1 and max(odd, even) > 0.6 * half and min(odd, even) < 0.1 * half:
        word = "utf-16-le" if odd > even else "utf-16-be"
        return Format("text in UTF-16 without a byte order mark", f"--encoding {word} reads it")
    return None


def _is_binary(head: bytes) -> bool:
    """True if many bytes are control characters. A few are damage of a text, whose reader names the line."""
    controls = sum(byte < 32 and byte not in b"\t\n\r" for byte in head)
    return controls > 0.05 * len(head)


def _markup(content: bytes, encoding: str) -> Format:
    # Only the beginning counts, so a character that is cut at its end does no harm.
    text = content[:SNIFFED_BYTES].decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    lower = text.lower()
    if lower.startswith(_HTML_STARTS) or (lower.startswith("<?xml") and "<html" in lower):
        return _HTML
    if lower.startswith("<"):
        return Format("an XML document", "if a server sent it, read its text: it may be an error")
    if lower.startswith(("{", "[")):
        return _json(content)
    return TEXT


def _json(content: bytes) -> Format:
    first = content.lstrip(UTF8_MARK + b" \t\r\n").split(b"\n", 1)[0][:LONGEST_JSON_LINE]
    try:
        json.loads(first)
    except ValueError:
        return Format("JSON", _CONVERT)
    return Format("JSON Lines" if b"\n" in content.strip() else "JSON", _CONVERT)
