"""A file behind an http:// or https:// URL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from loan_training.errors import DataRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

# Longest silence of the server, and longest download.
TIMEOUT_SECONDS = 30
DOWNLOAD_SECONDS = 3_600
CHUNK_BYTES = 1 << 20
# The server asks for another try: timeout, too early, too many requests.
TRANSIENT_STATUSES = (408, 425, 429)


def stream_http(source: str, shown: str) -> Iterator[bytes]:
    """The bytes of the file. `shown` is the URL in messages, without its query, which may hold a signature.

    Raises DataRefused, or Unreachable if another try may help.
    """
    import httpx

    deadline = time.monotonic() + DOWNLOAD_SECONDS
    # Bytes are taken as sent. A gzip that is cut then shows it, because unpacking looks for its end.
    headers = {"Accept-Encoding": "identity"}
    try:
        with httpx.stream("GET", source, headers=headers, follow_redirects=True, timeout=TIMEOUT_SECONDS) as response:
            status = response.status_code
            if status in TRANSIENT_STATUSES or status >= 500:
                raise Unreachable(f"{shown}: the server answered {status}; try again later")
            # A partial answer (206) is not the file.
            if status != 200:
                raise DataRefused(f"{shown}: the server answered {status}; rule: 200; check the URL")
            for chunk in response.iter_raw():
                if time.monotonic() > deadline:
                    raise Unreachable(f"{shown}: the file was not read within {DOWNLOAD_SECONDS} s")
                yield chunk
    # The text of such an error may hold the URL with its signature, so only its kind is shown.
    except (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise DataRefused(f"{shown}: {type(error).__name__}; check the URL and where it redirects to") from None
    except httpx.HTTPError as error:
        raise Unreachable(f"{shown}: {type(error).__name__}; check the URL and the network") from None
