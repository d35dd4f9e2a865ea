"""Decompresses a file, and stops at a limit, because a small file may hold any number of bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING

from loan_training.data.formats import GZIP
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from loan_training.data.formats import Format


def decompress(content: bytes, kind: Format, name: str, maximum_bytes: int) -> bytes:
    """The bytes inside. Raises DataRefused if they are more than `maximum_bytes`, or if the file is damaged."""
    try:
        with _opened(content, kind) as stream:
            inside = stream.read(maximum_bytes + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise DataRefused(
            f"{name}: the file is {kind.name}, and it is damaged or cut: {error}; write or fetch it again"
        ) from error
    if len(inside) > maximum_bytes:
        raise DataRefused(
            f"{name}: more than the {maximum_bytes} bytes allowed after decompression; "
            "--max-data-bytes raises the limit"
        )
    return bytes(inside)


def _opened(content: bytes, kind: Format) -> io.BufferedIOBase:
    if kind is GZIP:
        return gzip.GzipFile(fileobj=io.BytesIO(content))
    import pyarrow as pa

    return pa.CompressedInputStream(pa.BufferReader(content), "zstd")
