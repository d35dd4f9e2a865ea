"""Writes the page of a data set: one HTML file without scripts and without links to anything."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import jinja2

from loan_training.exploration.column_facts import figure
from loan_training.exploration.drawing import BASE, HEIGHT, WIDTH, draw, tint

if TYPE_CHECKING:
    from loan_training.exploration.findings import Findings

MAXIMUM_PICTURES = 60
MAXIMUM_ROWS = 1_000
MAXIMUM_WARNINGS = 60
SHOWN_CHARACTERS = 60


def render_page(found: Findings) -> str:
    """Every word of the data is escaped, shortened, and rid of characters that do not print."""
    return _template().render(
        found=found,
        pictures=[(column, draw(column)) for column in found.columns[:MAXIMUM_PICTURES]],
        left_out=max(0, len(found.columns) - MAXIMUM_PICTURES),
        rows=found.columns[:MAXIMUM_ROWS],
        warnings=found.warnings[:MAXIMUM_WARNINGS],
        more_warnings=max(0, len(found.warnings) - MAXIMUM_WARNINGS),
        tint=tint,
        size={"width": WIDTH, "height": HEIGHT, "base": BASE},
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"word": _word, "count": _count, "share": _share, "figure": _figure}
    return environment.from_string(resources.files(__package__).joinpath("page.html.jinja").read_text("utf-8"))


def _word(text: str, length: int = SHOWN_CHARACTERS) -> str:
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return plain if len(plain) <= length else f"{plain[: length - 1]}…"


def _count(number: int) -> str:
    return f"{number:,}"


def _share(number: float | None) -> str:
    return "" if number is None else f"{number:.1%}"


def _figure(number: float) -> str:
    return figure(number)
