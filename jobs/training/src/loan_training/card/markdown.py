"""Writes a card as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loan_training.card.card import Block, Card, Paragraph, Picture, Points, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

# Characters with a meaning in Markdown. `<` and `&` would begin HTML.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~])")

# What begins a list, a rule or a heading at the begin of a line: a number with a stop and a blank, or a sign.
BLOCK_START = re.compile(r"^(?:(\d+)([.)])(?=\s|$)|()([-+=]))")


def to_markdown(card: Card) -> str:
    """Words of the data and of people are escaped, so that they are read as words."""
    parts = [f"# {escape(card.title)}", escape(card.lead)]
    for section in card.sections:
        parts += [f"## {escape(section.title)}", f"*{escape(section.asked_by)}*"]
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    return BLOCK_START.sub(r"\1\3\\\2\4", _without_signs(text))


def _without_signs(text: str) -> str:
    return SPECIAL.sub(r"\\\1", one_line(text))


def one_line(text: str) -> str:
    """The text without line breaks, and without characters that do not print."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _block(block: Block) -> str:
    match block:
        case Paragraph(text, is_warning):
            return f"> **To do:** {escape(text)}" if is_warning else escape(text)
        case Points(items):
            return "\n".join(f"- {escape(item)}" for item in items)
        case Table(head, rows):
            return _table(head, rows) if rows else ""
        case Picture(name, caption, _):
            return f"{escape(caption)} The picture is in card.html, and in the run as evaluation/{escape(name)}."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """In a cell nothing begins a list, so that numbers stay readable."""
    return text if text == "---" else _without_signs(text)
