"""What a person must decide before a draft is a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loan_training.schema.draft.yaml_text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loan_training.schema.draft.draft import Draft

SHOWN_NAMES = 12


def decisions(draft: Draft) -> list[str]:
    """One sentence or two for each decision, without values of rare words."""
    return list(_decisions(draft))


def _decisions(draft: Draft) -> Iterator[str]:
    label = draft.label
    yield (
        f"Label: {shown(draft.label_name)} with {_listed(label.positive)} as positive, {label.why}. "
        f"{draft.positive_share:.1%} of the rows are positive. Is that what you want to decide for?"
    )
    yield "Decision: its name, the words for both classes, and the threshold or the ratio of costs."
    if draft.suspects:
        yield (
            f"Leakage: {_names(draft.suspects)} almost equals the label. "
            "Score it only if it is known before the decision."
        )
    protected = [one for one in draft.columns if one.use == "protected"]
    if protected:
        yield f"Protected: {_names(protected)} by name. Never scored. Does your law protect others, or fewer?"
    else:
        yield "Protected: no column looks protected by its name. Is there one?"
    unwatched = [one for one in protected if one not in draft.watched]
    if unwatched:
        yield f"Watched: {_names(unwatched)} is a number. To watch its groups, add a column with bands."
    numbers = [one for one in draft.columns if one.kind == "number" and one.use == "scored"]
    if numbers:
        yield f"Units and ranges of {_names(numbers)}: write the unit, and check the widened range."
        yield f"Directions of {_names(numbers)}: the draft has none. Add better: higher or lower if it is a rule."
    noted = [one for one in draft.columns if one.note and one not in draft.suspects]
    if noted:
        yield f"Columns with a note in the draft: {_names(noted)}."
    if draft.ignored:
        yield f"Left out: {_names(draft.ignored)}. The draft says why for each."
    yield "Reasons: replace each text that begins with TODO."


def _names(columns: Iterable) -> str:
    return _listed([one.name for one in columns])


def _listed(words: Iterable[str]) -> str:
    every = [shown(word) for word in words]
    more = f" and {len(every) - SHOWN_NAMES} more" if len(every) > SHOWN_NAMES else ""
    return ", ".join(every[:SHOWN_NAMES]) + more
