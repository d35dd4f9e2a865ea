"""Writes the model card of the registered version."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.artifact.digest import digest
from loan_training.card.content import RunFacts, build_card
from loan_training.card.html import to_html
from loan_training.card.markdown import to_markdown

if TYPE_CHECKING:
    from loan_training.registry.gate import Decision
    from loan_training.registry.model_registry import Registration, Registry
    from loan_training.steps import Context

CARD_FILES = ("card.html", "card.md")

log = logging.getLogger("promote")


def write_card(context: Context, registry: Registry, registration: Registration, decision: Decision) -> str:
    """Logs the card beside the model and tags the version with its digest, which a signed promotion names."""
    workspace, settings = context.workspace, context.settings
    pictures = {path.stem: path.read_bytes() for path in (workspace.root / "evaluation").glob("*.png")}
    facts = RunFacts(
        run_id=context.tracking.run_id,
        registration=registration,
        schema=settings.schema,
        recipe=workspace.read_recipe(),
        seed=settings.seed,
        dataset=workspace.read_json("dataset"),
        comparison=workspace.read_json("comparison"),
        fit=workspace.read_json("fit"),
        evaluation=workspace.read_json("evaluation/evaluation"),
        pictures=pictures,
    )
    card = build_card(facts, decision, settings.card_notes)
    files = dict(zip(CARD_FILES, (to_html(card).encode(), to_markdown(card).encode()), strict=True))
    for name, content in files.items():
        workspace.write_bytes(f"card/{name}", content)
    registry.log_card(registration, files)
    unwritten = sum(getattr(block, "is_warning", False) for section in card.sections for block in section.blocks)
    if unwritten:
        log.warning("the model card lacks %d parts that a person writes: --card-notes", unwritten)
    return digest(files)
