"""Kaggle's REST API: the files of a data set, its licence, and downloads. The key goes to Kaggle only."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from loan_training.errors import DataRefused, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from loan_training.data.fetch.limits import Limits

PREFIX = "kaggle:"
API_URL = "https://www.kaggle.com/api/v1"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MAXIMUM_ANSWER_BYTES = 4 * 1024 * 1024
MAXIMUM_KEY_FILE_BYTES = 10_000
UNKNOWN = "unknown"


@dataclass(frozen=True)
class KaggleKey:
    username: str
    # Not in repr(), so that no message and no traceback shows it.
    key: str = field(repr=False)


@dataclass(frozen=True)
class KaggleSource:
    owner: str
    dataset: str
    file: str | None

    @property
    def shown(self) -> str:
        return f"{PREFIX}{self.owner}/{self.dataset}" + (f"/{self.file}" if self.file else "")


def parse_kaggle(source: str) -> KaggleSource:
    parts = source.removeprefix(PREFIX).split("/", 2)
    bad_file = len(parts) == 3 and (not parts[2] or ".." in parts[2].split("/"))
    if len(parts) < 2 or bad_file or not all(_SLUG.fullmatch(part) for part in parts[:2]):
        raise DataRefused(f"{source}: expected kaggle:<owner>/<dataset> or kaggle:<owner>/<dataset>/<file>")
    return KaggleSource(parts[0], parts[1], parts[2] if len(parts) == 3 else None)


def find_key(username: str | None, key: str | None, file: Path) -> KaggleKey:
    """The user's key: from the variables, or else from the file that Kaggle's site gives."""
    if username and key:
        return KaggleKey(username, key)
    rule = (
        f"set KAGGLE_USERNAME and KAGGLE_KEY, or save the file kaggle.json of your Kaggle account as {file}; "
        "the site makes one under Settings, API, Create New Token"
    )
    if not file.is_file():
        raise DataRefused(f"no key for Kaggle's API: {rule}")
    with file.open("rb") as opened:
        content = opened.read(MAXIMUM_KEY_FILE_BYTES)
    try:
        document = json.loads(content)
        found = KaggleKey(document["username"], document["key"])
    except (ValueError, KeyError, TypeError):
        found = None
    if found is None or not isinstance(found.username, str) or not isinstance(found.key, str):
        # The content is a secret, so neither it nor the parser's message is shown.
        raise DataRefused(f"{file}: not a key of Kaggle: {rule}")
    return found


class Kaggle:
    def __init__(self, client: httpx.Client, key: KaggleKey, url: str, limits: Limits) -> None:
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise DataRefused(f"{url}: Kaggle's API is called over https only, because the key would be readable")
        self._client, self._key, self._url, self._limits = client, key, url.rstrip("/"), limits

    def licence(self, source: KaggleSource) -> str:
        """The name of the licence, as the owner of the data set gave it."""
        facts = self._json(source, "metadata")
        info = facts.get("info")
        licences = info.get("licenses") if isinstance(info, dict) else None
        names = [one.get("name") for one in licences or () if isinstance(one, dict)]
        return ", ".join(name for name in names if isinstance(name, str) and name) or UNKNOWN

    def files(self, source: KaggleSource) -> list[str]:
        """The names of the files, of the first page of Kaggle's answer."""
        listed = self._json(source, "list").get("datasetFiles")
        names = [one.get("name") for one in listed or () if isinstance(one, dict)]
        return [name for name in names if isinstance(name, str)]

    def download_url(self, source: KaggleSource, file: str) -> str:
        return f"{self._url}/datasets/download/{source.owner}/{source.dataset}/{quote(file, safe='')}"

    @property
    def auth(self) -> tuple[str, str]:
        return (self._key.username, self._key.key)

    def _json(self, source: KaggleSource, what: str) -> dict[str, Any]:
        url = f"{self._url}/datasets/{what}/{source.owner}/{source.dataset}"
        with self._client.stream("GET", url, auth=self.auth, timeout=self._limits.wait_seconds) as response:
            refuse_status(response, source.shown)
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                self._limits.check(0, source.shown)
                if len(content) > MAXIMUM_ANSWER_BYTES:
                    raise Unreachable(f"{source.shown}: Kaggle's answer is larger than {MAXIMUM_ANSWER_BYTES:,} bytes")
        try:
            document = json.loads(content)
        except ValueError as error:
            raise Unreachable(f"{source.shown}: Kaggle's answer to /datasets/{what} is not JSON") from error
        return document if isinstance(document, dict) else {}


def refuse_status(response: httpx.Response, shown: str) -> None:
    """Raises for an answer that is not the file. 429 and 5xx may succeed later."""
    status = response.status_code
    if status == 429 or status >= 500:
        raise Unreachable(f"{shown}: the server answered {status}; try again later")
    if status in (401, 403):
        kaggle = shown.startswith(PREFIX)
        advice = (
            "check the key, and accept the terms of the data set on its page at Kaggle"
            if kaggle
            else "check the URL and its signature"
        )
        raise DataRefused(f"{shown}: the server answered {status}; {advice}")
    if status != 200:
        raise DataRefused(f"{shown}: the server answered {status}; check the name")
