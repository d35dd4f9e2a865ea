"""Writes a draft as a commented YAML file."""

from __future__ import annotations

import re
import textwrap
from pathlib import PurePath
from typing import TYPE_CHECKING

from loan_training.schema.document import parse_schema
from loan_training.schema.draft.baseline import baseline_lines
from loan_training.schema.draft.decisions import decisions
from loan_training.schema.draft.margins import synthetic_lines
from loan_training.schema.draft.reasons import reason_lines
from loan_training.schema.draft.yaml_text import mapping, quoted, scalar, sequence, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loan_training.schema.draft.columns import ColumnDraft
    from loan_training.schema.draft.draft import Draft

WIDTH = 116
MAXIMUM_NAME = 63
# An order of 0.5 says nothing. Closer to it than this, no direction is suggested.
LEAST_ORDER = 0.05


def write_draft(draft: Draft) -> str:
    """The text of the schema file. It always passes the checks of a schema file."""
    text = "\n".join(_lines(draft)) + "\n"
    parse_schema(text.encode(), "the draft")
    return text


def _lines(draft: Draft) -> Iterator[str]:
    yield "# yaml-language-server: $schema=training-schema.json"
    yield from comment(
        f"Drafted from {shown(PurePath(draft.source).name)} with {draft.rows:,} rows. "
        "A machine cannot know the following. A person must DECIDE:"
    )
    for number, decision in enumerate(decisions(draft), 1):
        yield from comment(f"{number}. {decision}")
    yield f"name: {_schema_name(draft.source)}"
    yield f"description: {quoted('TODO: say what a row is.')}"
    if draft.identifier:
        yield ""
        yield from comment(f"Never scored: {draft.identifier.note}.")
        yield "identifier:"
        yield f"  column: {scalar(draft.identifier.name)}"
        yield from _headers(draft.identifier.header, draft.identifier.name, "  ")
    yield from _label(draft)
    yield ""
    yield "columns:"
    for column in draft.columns:
        yield from _column(column)
    if draft.ignored:
        yield ""
        yield from comment("Columns of the file that are not read:")
        for one in draft.ignored:
            yield from comment(f"{shown(one.name)}: {one.note}.")
        yield f"ignored: {sequence(one.header.strip() for one in draft.ignored)}"
    for part in (baseline_lines(draft), _groups(draft), reason_lines(draft.scored), synthetic_lines(draft)):
        lines = list(part)
        if lines:
            yield ""
            yield from lines


def _label(draft: Draft) -> Iterator[str]:
    label = draft.label
    yield ""
    yield from comment(
        f"DECIDE which outcome is positive. Guessed {label.why}. {draft.positive_share:.1%} of the rows are positive."
    )
    yield "label:"
    yield f"  column: {scalar(draft.label_name)}"
    yield from _headers(label.header, draft.label_name, "  ")
    yield f"  positive: [{', '.join(quoted(word) for word in label.positive)}]"
    yield f"  negative: [{', '.join(quoted(word) for word in label.negative)}]"
    yield ""
    yield from comment("DECIDE the name of the decision, its words, and the threshold. Instead of a number:")
    yield from comment(
        "  threshold: {costRatio: 3}        a wrong positive decision costs three times a wrong negative one"
    )
    yield from comment("  threshold: {approvalRate: 0.6}   60 of 100 training rows are decided positively")
    yield "decision:"
    yield "  name: approved"
    yield "  positive: Approved"
    yield "  negative: Rejected"
    yield "  threshold: 0.5"


def _column(one: ColumnDraft) -> Iterator[str]:
    yield f"  - name: {scalar(one.name)}"
    yield from _headers(one.header, one.name, "    ")
    yield f"    type: {'category' if one.kind == 'category' else 'number'}"
    if one.note:
        yield from comment(f"DECIDE: {one.note}.", "    ")
    if one.kind == "category":
        yield f"    values: {sequence(_ordered(one.values))}"
        if one.aliases:
            yield f"    aliases: {mapping(one.aliases.items())}"
    else:
        yield f"    minimum: {scalar(one.minimum)}"
        yield f"    maximum: {scalar(one.maximum)}"
        if one.kind == "levels":
            yield f"    levels: {sequence(one.levels)}"
    if one.required:
        yield "    # Never missing in the file. DECIDE whether an application may lack it."
        yield "    required: true"
    if one.use == "protected":
        yield "    # Protected by its name. DECIDE by your law."
    if one.use != "scored":
        yield f"    use: {one.use}"
    elif one.kind != "category":
        yield from _direction(one)


def _ordered(values: Iterable[str]) -> list[str]:
    """Digits by their size, such as counts of persons. Other words stay in the order of their frequency."""
    words = list(values)
    return sorted(words, key=int) if all(word.isascii() and word.isdigit() for word in words) else words


def _direction(one: ColumnDraft) -> Iterator[str]:
    order = one.association.order if one.association else None
    if order is None or abs(order - 0.5) < LEAST_ORDER:
        return
    better = "higher" if order > 0.5 else "lower"
    yield from comment(
        f"In this file {better} numbers go with the positive label (AUC {max(order, 1 - order):.2f}). "
        f"DECIDE: if that is a rule and not chance, add better: {better}",
        "    ",
    )


def _groups(draft: Draft) -> Iterator[str]:
    if not draft.watched:
        return
    yield "groups:"
    yield "  # Columns by whose groups decisions are counted."
    yield f"  watched: {sequence(one.name for one in draft.watched)}"
    if draft.judged:
        yield "  # Columns whose four-fifths ratio the gate judges. They have two groups of 100 rows or more."
        yield f"  judged: {sequence(one.name for one in draft.judged)}"


def _headers(header: str, name: str, indent: str) -> Iterator[str]:
    """The name in the file, if the schema has a tidier one. Spaces around a header never count."""
    if header.strip() != name:
        yield f"{indent}headers: [{quoted(header.strip())}]"


def _schema_name(source: str) -> str:
    stem = PurePath(source).name.split(".", 1)[0].lower()
    tidy = re.sub(r"[^a-z0-9]+", "-", stem).strip("-").lstrip("-0123456789")[:MAXIMUM_NAME].strip("-")
    return scalar(tidy or "my-data")


def comment(text: str, indent: str = "") -> Iterator[str]:
    """Lines of a comment. The text has no line breaks of its own."""
    for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False, subsequent_indent="  "):
        yield f"{indent}# {line}"
