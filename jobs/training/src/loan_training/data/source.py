"""Where training data comes from: a path, s3://, https:// or synthetic:<rows>:<seed>."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loan_training.data.http_file import stream_http
from loan_training.data.reading import Reading
from loan_training.data.shown_source import shown_source
from loan_training.data.synthetic import as_csv, generate
from loan_training.errors import DataRefused

if TYPE_CHECKING:
    import io

    from loan_training.schema.schema import Schema

SYNTHETIC = re.compile(r"synthetic:(\d+):(\d+)")
MAXIMUM_SYNTHETIC_ROWS = 1_000_000
MAXIMUM_SYNTHETIC_BYTES = 1 << 30
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 20


def read_source(source: str, maximum_bytes: int, schema: Schema) -> bytes:
    """The bytes of the file at `source`. Made-up rows are those of the schema.

    Raises DataRefused if the file is missing or too large.

    Raises Unreachable if a web server does not answer. Transport errors of S3 are raised unchanged. In both cases the
    step is tried again.
    """
    if source.startswith("synthetic:"):
        return _synthetic(source, schema)
    return read_file(source, maximum_bytes)


def read_file(source: str, maximum_bytes: int) -> bytes:
    """The bytes of the file at a path or URL, with the errors of read_source()."""
    scheme = urlsplit(source).scheme
    if scheme == "s3":
        return _bounded(open_s3(source), source, maximum_bytes)
    if scheme in ("http", "https"):
        return _read_http(source, maximum_bytes)
    return _read_file(Path(source), maximum_bytes)


def reading_of(source: str, reading: Reading) -> Reading:
    """How to read `source`. The options are for the user's file, and made-up rows are written by this job."""
    return Reading(maximum_bytes=MAXIMUM_SYNTHETIC_BYTES) if source.startswith("synthetic:") else reading


def _synthetic(source: str, schema: Schema) -> bytes:
    match = SYNTHETIC.fullmatch(source)
    if match is None:
        raise DataRefused(f"{source}: expected synthetic:<rows>:<seed>, such as synthetic:614:7")
    rows, seed = int(match[1]), int(match[2])
    if rows > MAXIMUM_SYNTHETIC_ROWS:
        raise DataRefused(f"{source}: {rows} rows are more than the {MAXIMUM_SYNTHETIC_ROWS} allowed")
    return as_csv(schema, generate(schema, rows, seed)).encode()


def _read_file(path: Path, maximum_bytes: int) -> bytes:
    if not path.is_file():
        raise DataRefused(f"{path}: no such file; --data takes a path, a URL or synthetic:<rows>:<seed>")
    with path.open("rb") as file:
        return _bounded(file, str(path), maximum_bytes)


def open_s3(source: str, timeout_seconds: float = TIMEOUT_SECONDS) -> io.BufferedIOBase:
    """The bytes of an object, to be read in pieces. Raises DataRefused if the answer is 4xx."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    where = urlsplit(source)
    config = Config(connect_timeout=timeout_seconds, read_timeout=timeout_seconds)
    try:
        return boto3.client("s3", config=config).get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"]
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if status >= 500:
            raise
        raise DataRefused(
            f"{source}: S3 answered {error.response['Error'].get('Code', status)}; check bucket, key and credentials"
        ) from error


def _read_http(source: str, maximum_bytes: int) -> bytes:
    # The query may hold a signature, so it is not shown.
    shown = shown_source(source)
    content = bytearray()
    for chunk in stream_http(source, shown):
        content += chunk
        if len(content) > maximum_bytes:
            raise DataRefused(f"{shown}: larger than the {maximum_bytes} bytes allowed")
    return bytes(content)


def _bounded(file: io.BufferedIOBase, shown: str, maximum_bytes: int) -> bytes:
    content = file.read(maximum_bytes + 1)
    if len(content) > maximum_bytes:
        raise DataRefused(f"{shown}: larger than the {maximum_bytes} bytes allowed")
    return content
