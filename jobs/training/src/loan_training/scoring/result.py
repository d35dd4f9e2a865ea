"""A row of the output: a decision, or why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Result:
    # Place of the row in the file, from 1.
    row: int
    id: str
    probability: float | None = None
    positive: bool | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)
    error_code: str = ""
    error_field: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class ResultColumns:
    """Turns results into the columns of the output. The same model stands in each row."""

    decision: dict[str, Any]
    model: str
    version: str
    digest: str

    def record(self, result: Result) -> dict[str, Any]:
        """A result with native values, for JSON."""
        decided = result.positive is not None
        word = self.decision["positiveClass" if result.positive else "negativeClass"] if decided else None
        return {
            "row": result.row,
            "id": result.id,
            "probability": result.probability,
            "decision_name": self.decision["name"],
            "decision": word,
            "positive": result.positive,
            "reasons": result.reasons,
            "error_code": result.error_code or None,
            "error_field": result.error_field or None,
            "error_message": result.error_message or None,
            "model": self.model,
            "version": self.version or None,
            "digest": self.digest,
        }

    def flat(self, result: Result) -> dict[str, Any]:
        """The same with the reasons as JSON text, for a table."""
        record = self.record(result)
        reasons = record["reasons"]
        return record | {"reasons": json.dumps(reasons, ensure_ascii=False) if reasons else None}
