"""How the bytes of a data file are read: the options that a user gives beside the file."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MAXIMUM_BYTES = 100 * 1024 * 1024

# What --delimiter takes, with the character that it means.
DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t"}
DECIMALS = (".", ",")
# A closed list, because Python also has codecs that are not encodings of files, such as punycode.
ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1250",
    "cp1251",
    "cp1252",
    "iso-8859-2",
    "iso-8859-15",
    "cp437",
    "cp850",
    "shift_jis",
    "euc_kr",
    "gb18030",
    "big5",
)


@dataclass(frozen=True)
class Reading:
    """The defaults read what pandas, Excel in English and this job write."""

    delimiter: str = ","
    decimal: str = "."
    # True if the user stated the decimal mark.
    decimal_stated: bool = False
    encoding: str = "utf-8"
    # Words that mean a missing value, beside an empty cell.
    missing_values: tuple[str, ...] = ()
    # Most bytes of the file, as it is stored and when it is decompressed.
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES


def delimiter_option(character: str) -> str:
    """The value of --delimiter that means `character`."""
    return next(word for word, meant in DELIMITERS.items() if meant == character)
