"""Opens the file to score as a stream of bytes. A remote file is first copied to a temporary file, up to a limit."""

from __future__ import annotations

import gzip
import io
import tempfile
import time
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from loan_training.data.formats import GZIP, SNIFFED_BYTES, ZSTD, identify
from loan_training.data.http_file import CHUNK_BYTES, DOWNLOAD_SECONDS, stream_http
from loan_training.data.shown_source import shown_source
from loan_training.data.source import read_source
from loan_training.errors import DataRefused, Unreachable
from loan_training.schema.document import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def open_input(source: str, maximum_bytes: int, schema: str) -> Iterator[IO[bytes]]:
    """A seekable stream of the file's bytes, without gzip or zstd. Made-up rows are those of `schema`.

    Raises DataRefused, or Unreachable.
    """
    shown = shown_source(source)
    with ExitStack() as stack:
        file = stack.enter_context(_opened(source, shown, maximum_bytes, schema))
        for _ in range(2):
            head = file.read(SNIFFED_BYTES)
            file.seek(0)
            kind = identify(head, "utf-8")
            if kind not in (GZIP, ZSTD):
                yield file
                return
            unpacked = stack.enter_context(_temporary())
            _copy(_unpacked(file, kind is GZIP), unpacked, shown, maximum_bytes)
            file = unpacked
        raise DataRefused(f"{shown}: the file is compressed twice; decompress it once")


@contextmanager
def _opened(source: str, shown: str, maximum_bytes: int, schema: str) -> Iterator[IO[bytes]]:
    if source.startswith("synthetic:"):
        yield io.BytesIO(read_source(source, maximum_bytes, load_schema(schema)))
        return
    scheme = urlsplit(source).scheme
    if scheme not in ("s3", "http", "https"):
        path = Path(source)
        if not path.is_file():
            raise DataRefused(f"{shown}: no such file; --data takes a path, or an s3://, http:// or https:// URL")
        if path.stat().st_size > maximum_bytes:
            raise DataRefused(_too_large(shown, maximum_bytes))
        with path.open("rb") as file:
            yield file
        return
    with _temporary() as file:
        _copy(_from_s3(source) if scheme == "s3" else stream_http(source, shown), file, shown, maximum_bytes)
        yield file


def _temporary() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="loan-scoring-")


def _copy(chunks: Iterable[bytes], file: IO[bytes], shown: str, maximum_bytes: int) -> None:
    size, deadline = 0, time.monotonic() + DOWNLOAD_SECONDS
    for chunk in chunks:
        size += len(chunk)
        if size > maximum_bytes:
            raise DataRefused(_too_large(shown, maximum_bytes))
        if time.monotonic() > deadline:
            raise Unreachable(f"{shown}: the file was not read within {DOWNLOAD_SECONDS} s")
        file.write(chunk)
    file.seek(0)


def _too_large(shown: str, maximum_bytes: int) -> str:
    return f"{shown}: larger than the {maximum_bytes} bytes allowed; --max-data-bytes raises the limit"


def _from_s3(source: str) -> Iterator[bytes]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    where = urlsplit(source)
    try:
        body = boto3.client("s3").get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        code = error.response["Error"].get("Code", status)
        if status >= 500:
            raise Unreachable(f"{source}: S3 answered {code}; try again later") from error
        raise DataRefused(f"{source}: S3 answered {code}; check bucket, key and credentials") from error
    except BotoCoreError as error:
        raise Unreachable(f"{source}: {error}; check credentials, region and network") from error


def _unpacked(file: IO[bytes], is_gzip: bool) -> Iterator[bytes]:
    import pyarrow as pa

    stream = gzip.GzipFile(fileobj=file) if is_gzip else pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    try:
        while chunk := stream.read(CHUNK_BYTES):
            yield bytes(chunk)
    except (EOFError, OSError, zlib.error) as error:
        raise DataRefused(
            f"the file is compressed, and it is damaged or cut: {error}; write or fetch it again"
        ) from error
