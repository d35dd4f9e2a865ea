"""Puts the output in its place at once, so that nobody reads half a file under its name."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from loan_training.errors import DataRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator


def refuse_input_as_output(data: str, output: str) -> None:
    """Refuses to replace the file that is scored."""
    same = data == output or ("://" not in data + output and Path(data).resolve() == Path(output).resolve())
    if same:
        raise DataRefused(f"{output}: --output is the file of --data, which would be lost; name another file")


@contextmanager
def open_output(output: str) -> Iterator[IO[bytes]]:
    """A file to write. If the block ends without an error, the file gets the name `output`, else it is removed."""
    scheme = urlsplit(output).scheme
    if scheme == "s3":
        with tempfile.TemporaryFile(prefix="loan-scoring-") as file:
            yield file
            file.seek(0)
            _upload(file, output)
    elif output == "-":
        with tempfile.TemporaryFile(prefix="loan-scoring-") as file:
            yield file
            file.seek(0)
            shutil.copyfileobj(file, sys.stdout.buffer)
    elif "://" in output:
        raise DataRefused(f"{output}: --output takes a path, s3://<bucket>/<key>, or - for standard output")
    else:
        with _renamed(Path(output)) as file:
            yield file


@contextmanager
def _renamed(path: Path) -> Iterator[IO[bytes]]:
    # A rename is atomic within a directory.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = partial.open("wb")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> DataRefused:
    return DataRefused(f"{path}: cannot be written: {error}; check the directory, its rights and its space")


def _upload(file: IO[bytes], output: str) -> None:
    import boto3
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    where = urlsplit(output)
    try:
        # S3 shows an object only when the upload is complete.
        boto3.client("s3").upload_fileobj(file, where.netloc, where.path.lstrip("/"))
    except (ClientError, S3UploadFailedError) as error:
        raise DataRefused(f"{output}: S3 refused the file: {error}; check bucket, key and credentials") from error
    except BotoCoreError as error:
        raise Unreachable(f"{output}: {error}; check credentials, region and network") from error
