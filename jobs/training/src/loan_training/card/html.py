"""Writes a card as one HTML file without scripts and without links to anything."""

from __future__ import annotations

import base64
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import jinja2

from loan_training.card.card import Paragraph, Picture, Points, Table
from loan_training.card.markdown import one_line

if TYPE_CHECKING:
    from loan_training.card.card import Block, Card


def to_html(card: Card) -> str:
    return _template().render(card=card, kind=_kind)


def _kind(block: Block) -> str:
    match block:
        case Paragraph(_, is_warning):
            return "warning" if is_warning else "paragraph"
        case Points():
            return "points"
        case Table():
            return "table"
        case Picture():
            return "picture"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"line": one_line, "data": _data_uri, "anchor": _anchor}
    return environment.from_string(resources.files(__package__).joinpath("card.html.jinja").read_text("utf-8"))


def _data_uri(picture: Picture) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.content).decode()}"


def _anchor(title: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower())
