"""Takes the one data file out of a zip archive. A small archive may hold any number of bytes, so all is counted."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from pathlib import Path

    from loan_training.data.fetch.limits import Limits

ENDINGS = (".csv", ".tsv", ".txt", ".data", ".parquet", ".csv.gz", ".csv.zst")
MAXIMUM_FILES = 10_000
SHOWN_FILES = 10
CHUNK_BYTES = 1 << 20


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def unpack_one(archive: Path, target: IO[bytes], shown: str, wanted: str | None, limits: Limits) -> str:
    """Writes the data file inside `archive` to `target`. Returns its name. Paths inside the archive are never used."""
    try:
        with zipfile.ZipFile(archive) as opened:
            member = _one_file(opened, shown, wanted)
            with opened.open(member) as file:
                received = 0
                while chunk := file.read(CHUNK_BYTES):
                    received += len(chunk)
                    limits.check(received, f"{shown}: {member.filename!r} in the archive")
                    target.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise DataRefused(f"{shown}: the zip archive cannot be read: {error}; fetch it again") from error
    return PurePosixPath(member.filename).name


def _one_file(opened: zipfile.ZipFile, shown: str, wanted: str | None) -> zipfile.ZipInfo:
    members = opened.infolist()
    if len(members) > MAXIMUM_FILES:
        raise DataRefused(f"{shown}: the archive has {len(members):,} files; rule: at most {MAXIMUM_FILES:,}")
    data = [one for one in members if _is_data(one)]
    if wanted:
        data = [one for one in data if one.filename == wanted or PurePosixPath(one.filename).name == wanted] or data
    if len(data) != 1:
        names = [repr(one.filename) for one in data[:SHOWN_FILES]] or ["none"]
        raise DataRefused(
            f"{shown}: the archive has {len(data)} data files: {', '.join(names)}; rule: one; "
            "--member names the file to take"
        )
    if data[0].flag_bits & 0x1:
        raise DataRefused(f"{shown}: {data[0].filename!r} in the archive is encrypted; unpack it yourself")
    return data[0]


def _is_data(one: zipfile.ZipInfo) -> bool:
    hidden = one.filename.startswith("__MACOSX/") or PurePosixPath(one.filename).name.startswith(".")
    return not one.is_dir() and not hidden and one.filename.lower().endswith(ENDINGS)
