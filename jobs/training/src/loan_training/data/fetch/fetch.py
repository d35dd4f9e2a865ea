"""Fetches one data file to a path. The path gets the whole file or stays as it was."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from loan_training.data.fetch.kaggle import PREFIX, Kaggle, KaggleSource, find_key, parse_kaggle, refuse_status
from loan_training.data.fetch.unpack import ENDINGS, is_archive, unpack_one
from loan_training.data.shown_source import shown_source
from loan_training.errors import DataRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from loan_training.data.fetch.limits import Limits

CHUNK_BYTES = 1 << 20
MAXIMUM_REDIRECTS = 5


@dataclass(frozen=True)
class KaggleAccess:
    username: str | None
    key: str | None
    key_file: Path
    url: str


@dataclass(frozen=True)
class Fetched:
    path: Path
    bytes: int
    sha256: str
    # None: the source does not say.
    licence: str | None


@dataclass(frozen=True)
class Request:
    source: str
    output: Path | None
    force: bool
    sha256: str | None
    # Name of the file to take out of an archive.
    member: str | None


def fetch(request: Request, access: KaggleAccess, limits: Limits) -> Fetched:
    """Raises DataRefused for a file that must not be used, and Unreachable for a server that may answer later."""
    import httpx

    with httpx.Client(
        follow_redirects=True, max_redirects=MAXIMUM_REDIRECTS, headers={"accept-encoding": "identity"}
    ) as client:
        try:
            return _fetch(request, access, limits, client)
        except httpx.HTTPError as error:
            raise Unreachable(f"{shown_source(request.source)}: {type(error).__name__}: {_plain(error)}") from error
        except httpx.InvalidURL as error:
            raise DataRefused(f"{shown_source(request.source)}: not a URL: {error}") from error


def _fetch(request: Request, access: KaggleAccess, limits: Limits, client: httpx.Client) -> Fetched:
    source, licence = request.source, None
    if source.startswith(PREFIX):
        kaggle_source = parse_kaggle(source)
        key = find_key(access.username, access.key, access.key_file)
        kaggle = Kaggle(client, key, access.url, limits)
        file = kaggle_source.file or _only_file(kaggle, kaggle_source)
        licence = kaggle.licence(kaggle_source)
        url, name = kaggle.download_url(kaggle_source, file), PurePosixPath(file).name
        return _store(request, name, limits, lambda: _http(client, url, source, limits, kaggle.auth), licence)
    scheme = urlsplit(source).scheme
    name = PurePosixPath(unquote(urlsplit(source).path)).name
    if scheme in ("http", "https"):
        return _store(request, name, limits, lambda: _http(client, source, shown_source(source), limits), licence)
    if scheme == "s3":
        return _store(request, name, limits, lambda: _s3(source, limits), licence)
    raise DataRefused(
        f"{shown_source(source)}: expected an http://, https:// or s3:// URL, or kaggle:<owner>/<dataset>"
    )


def _only_file(kaggle: Kaggle, source: KaggleSource) -> str:
    names = kaggle.files(source)
    data = [name for name in names if name.lower().endswith((*ENDINGS, ".zip"))]
    if len(data) != 1:
        listed = ", ".join(repr(name) for name in (data or names)[:10]) or "none"
        raise DataRefused(
            f"{source.shown}: the data set has {len(data)} data files: {listed}; name one: {source.shown}/<file>"
        )
    return data[0]


def _store(
    request: Request, name: str, limits: Limits, chunks: Callable[[], Iterator[bytes]], licence: str | None
) -> Fetched:
    shown = shown_source(request.source)
    if request.output is not None:
        _refuse_existing(request.output, request.force)
        folder = request.output.parent
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = Path()
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary:
        path = Path(temporary, "download")
        with path.open("wb") as file:
            _write(chunks(), file, shown, limits)
        if is_archive(path):
            inside = Path(temporary, "inside")
            with inside.open("wb") as file:
                name = unpack_one(path, file, shown, request.member or PurePosixPath(name).name, limits)
            path = inside
        target = request.output or folder / (name or "data.csv")
        _refuse_existing(target, request.force)
        digest = _sha256(path)
        if request.sha256 and digest != request.sha256.lower():
            raise DataRefused(f"{shown}: sha256 is {digest}, and --sha256 is {request.sha256}; the file is not kept")
        size = path.stat().st_size
        path.replace(target)
    return Fetched(target, size, digest, licence)


def _write(chunks: Iterator[bytes], file: IO[bytes], shown: str, limits: Limits) -> None:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        limits.check(received, shown)
        file.write(chunk)
    if not received:
        raise DataRefused(f"{shown}: the file is empty")


def _http(
    client: httpx.Client, url: str, shown: str, limits: Limits, auth: tuple[str, str] | None = None
) -> Iterator[bytes]:
    """The client sends `auth` to the origin of `url` only, not to the server of a redirect."""
    with client.stream("GET", url, auth=auth, timeout=limits.wait_seconds) as response:
        refuse_status(response, shown)
        if urlsplit(url).scheme == "https" and response.url.scheme != "https":
            raise DataRefused(f"{shown}: the server redirects from https to {response.url.scheme}")
        if response.headers.get("content-type", "").startswith("text/html"):
            raise DataRefused(f"{shown}: the server answered with a web page, not with a file; check the URL")
        # Of any size: a size would hold a slow server's bytes back until it is reached, and with them the time limit.
        yield from response.iter_bytes()


def _s3(source: str, limits: Limits) -> Iterator[bytes]:
    from botocore.exceptions import BotoCoreError, NoCredentialsError

    from loan_training.data.source import open_s3

    try:
        body = open_s3(source, limits.wait_seconds)
        while chunk := body.read(CHUNK_BYTES):
            yield chunk
    except NoCredentialsError as error:
        raise DataRefused(
            f"{source}: no credentials of AWS; set AWS_PROFILE or the variables of the AWS SDK"
        ) from error
    except BotoCoreError as error:
        raise Unreachable(f"{source}: {type(error).__name__}: {error}") from error


def _refuse_existing(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise DataRefused(f"{path}: the file exists; --force overwrites it, --output names another")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _plain(error: Exception) -> str:
    """httpx puts the URL into some messages, with its query."""
    return shown_source(str(error)) or type(error).__name__
