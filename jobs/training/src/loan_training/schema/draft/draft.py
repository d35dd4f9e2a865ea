"""Drafts a whole schema from a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loan_training.errors import DataRefused
from loan_training.schema.draft.columns import ColumnDraft, draft_column
from loan_training.schema.draft.label import LabelGuess, guess_label
from loan_training.schema.draft.names import schema_names
from loan_training.schema.draft.profile import profile

if TYPE_CHECKING:
    from loan_training.data.table import RawTable

# training-schema.json and serving.json take as many columns.
MAXIMUM_COLUMNS = 1_000
# A group with fewer rows is not judged.
JUDGED_ROWS = 100


@dataclass(frozen=True)
class Draft:
    source: str
    rows: int
    label: LabelGuess
    label_name: str
    identifier: ColumnDraft | None
    columns: tuple[ColumnDraft, ...]
    ignored: tuple[ColumnDraft, ...]

    @property
    def positive_share(self) -> float:
        return float(self.label.labels.mean())

    @property
    def scored(self) -> list[ColumnDraft]:
        return [column for column in self.columns if column.use == "scored"]

    @property
    def suspects(self) -> list[ColumnDraft]:
        return [column for column in self.columns if column.association and column.association.suspicious]

    @property
    def watched(self) -> list[ColumnDraft]:
        return [column for column in self.columns if column.protected and column.kind == "category"]

    @property
    def judged(self) -> list[ColumnDraft]:
        """Watched columns with two groups that are large enough to be judged."""
        return [one for one in self.watched if sum(rows >= JUDGED_ROWS for rows, _ in one.values.values()) > 1]

    @property
    def strongest(self) -> ColumnDraft | None:
        """The scored column with values that says most about the label."""
        named = [one for one in self.scored if one.values and one.association]
        return max(named, key=lambda one: one.association.strength, default=None)


def draft_schema(table: RawTable, name: str, label: str | None = None, positive: tuple[str, ...] = ()) -> Draft:
    """Raises DataRefused if no column looks like the label, or if no column can be scored."""
    names = schema_names(table.header, name)
    guess = guess_label(table, name, label, positive)
    drafts = [
        draft_column(profile(table, header), names[header], guess.labels)
        for header in table.header
        if header != guess.header
    ]
    identifier = _identifier(drafts)
    ignored = [_left_out(one) for one in drafts if one.kind in ("ignored", "identifier") and one is not identifier]
    columns = [one for one in drafts if one.kind not in ("ignored", "identifier")]
    ignored += [replace(one, note=f"beyond the first {MAXIMUM_COLUMNS} columns") for one in columns[MAXIMUM_COLUMNS:]]
    columns = columns[:MAXIMUM_COLUMNS]
    if not any(one.use == "scored" for one in columns):
        columns = [_scored_after_all(one) for one in columns]
    if not any(one.use == "scored" for one in columns):
        notes = "; ".join(f"{one.name}: {one.note or one.use}" for one in [*columns, *ignored][:10])
        raise DataRefused(f"{name}: no column is left that a model could score: {notes}")
    return Draft(name, len(table), guess, names[guess.header], identifier, tuple(columns), tuple(ignored))


def _identifier(drafts: list[ColumnDraft]) -> ColumnDraft | None:
    return next((one for one in drafts if one.kind == "identifier"), None)


def _left_out(one: ColumnDraft) -> ColumnDraft:
    return replace(one, note=f"a second identifier: {one.note}") if one.kind == "identifier" else one


def _scored_after_all(one: ColumnDraft) -> ColumnDraft:
    """A file whose every column almost equals the label still needs a scored column."""
    suspicious = one.use == "accepted" and one.association is not None and one.association.suspicious
    return replace(one, use="scored") if suspicious else one
