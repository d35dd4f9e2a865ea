"""The bounds of a download."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from loan_training.errors import DataRefused, Unreachable

# A server that sends nothing for so long is given up.
SILENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Limits:
    maximum_bytes: int
    timeout_seconds: float
    started: float = field(default_factory=time.monotonic)

    @property
    def wait_seconds(self) -> float:
        """How long to wait for the next bytes."""
        return max(0.1, min(SILENCE_SECONDS, self.started + self.timeout_seconds - time.monotonic()))

    def check(self, received: int, shown: str) -> None:
        if received > self.maximum_bytes:
            raise DataRefused(
                f"{shown}: larger than the {self.maximum_bytes:,} bytes allowed; --max-data-bytes raises the limit"
            )
        if time.monotonic() - self.started > self.timeout_seconds:
            raise Unreachable(
                f"{shown}: not complete after {self.timeout_seconds:g} s; --timeout-seconds raises the limit"
            )
