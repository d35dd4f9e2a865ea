"""Waits for a server that is still starting, such as MLflow on a fresh cluster."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_TRIES = 2
POLL_SECONDS = 2
REPORT_SECONDS = 15

log = logging.getLogger("wait")


def wait_for(
    what: str,
    seconds: float,
    why_not: Callable[[], str | None],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> str | None:
    """Calls `why_not` until it returns None, at least twice, and no longer than `seconds` after that.

    Returns None, or the last reason. Without a wait the second call follows at once, because a user waits for it.
    """
    started = clock()
    reported: float | None = None
    tries = 0
    while True:
        why = why_not()
        tries += 1
        now = clock()
        if why is None:
            if reported is not None:
                log.info("%s answers, after %.0f s", what, now - started)
            return None
        over = now - started >= seconds
        if over and tries >= LEAST_TRIES:
            return why
        if over:
            continue
        if reported is None or now - reported >= REPORT_SECONDS:
            log.info("waiting at most %.0f s for %s: %s", seconds - (now - started), what, why)
            reported = now
        sleep(min(POLL_SECONDS, seconds - (now - started)))
