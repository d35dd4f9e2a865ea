"""The parts of a card, before they are written as Markdown or HTML."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    text: str
    # Shown as something that is still to be done.
    is_warning: bool = False


@dataclass(frozen=True)
class Points:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    # Name of a PNG file of the evaluation.
    name: str
    caption: str
    content: bytes


Block = Paragraph | Points | Table | Picture


@dataclass(frozen=True)
class Section:
    title: str
    # Where rules ask for this content.
    asked_by: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    title: str
    lead: str
    sections: tuple[Section, ...]
