"""The steps of a run, in order. Each step reads the files that earlier steps wrote to the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from loan_training.registry.tracking import Tracking
    from loan_training.settings import Settings
    from loan_training.workspace import Workspace


@dataclass(frozen=True)
class Context:
    settings: Settings
    workspace: Workspace
    tracking: Tracking


@dataclass(frozen=True)
class Step:
    name: str
    run: Callable[[Context], None]


def all_steps() -> tuple[Step, ...]:
    from loan_training.steps.compare import compare
    from loan_training.steps.data import data
    from loan_training.steps.evaluate import evaluate
    from loan_training.steps.fit import fit
    from loan_training.steps.promote import promote
    from loan_training.steps.register import register
    from loan_training.steps.search import search

    return (
        Step("data", data),
        Step("compare", compare),
        Step("search", search),
        Step("fit", fit),
        Step("evaluate", evaluate),
        Step("register", register),
        Step("promote", promote),
    )
