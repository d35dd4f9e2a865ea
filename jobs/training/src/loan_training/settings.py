"""The settings of a run, as cli.py parsed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from loan_training.card.notes import CardNotes
    from loan_training.data.reading import Reading
    from loan_training.registry.gate import PromotionMode
    from loan_training.schema.schema import Schema


@dataclass(frozen=True)
class Settings:
    work_dir: Path
    schema: Schema
    data: str
    reading: Reading
    seed: int
    trials: int
    cv_repeats: int
    jobs: int
    promote: PromotionMode
    # Least rows of a group that the four-fifths ratio judges.
    fairness_minimum: int
    model_name: str
    experiment: str
    tracking_uri: str
    optuna_storage: str | None
    optuna_storage_password_file: Path | None
    # Name that the processes share which search for one run.
    search_run: str | None
    prefect_api_url: str | None
    # Private key that signs the files of the model.
    model_signing_key: Path | None = None
    # Private key that signs the promotion.
    signing_key: Path | None = None
    # How long MLflow and the database of the search may take to answer.
    wait_seconds: float = 0
    # Whether the step data logs a page about the data.
    report: bool = True
    # What a person wrote for the model card. None: the card says what is missing.
    card_notes: CardNotes | None = None
