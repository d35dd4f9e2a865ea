"""Geometry of the page's pictures. The template writes them as SVG, so that the page needs no other file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loan_training.exploration.column_facts import Bar, ColumnFacts

WIDTH, HEIGHT, BASE = 300.0, 110.0, 92.0
GAP = 3.0
LEAST_RATE_ROWS = 5


@dataclass(frozen=True)
class DrawnBar:
    x: float
    width: float
    # Negative rows stand below positive rows.
    negative_y: float
    negative_height: float
    positive_y: float
    positive_height: float
    tip: str


@dataclass(frozen=True)
class Drawing:
    bars: tuple[DrawnBar, ...]
    # Points of the line of the positive rate, as SVG writes them.
    line: str
    first: str
    last: str


def draw(column: ColumnFacts) -> Drawing:
    bars = column.bars
    tallest = max((bar.rows for bar in bars), default=0) or 1
    slot = WIDTH / max(len(bars), 1)
    drawn = tuple(_bar(bar, place, slot, tallest) for place, bar in enumerate(bars))
    points = [
        f"{slot * (place + 0.5):.1f},{BASE * (1 - bar.rate):.1f}"
        for place, bar in enumerate(bars)
        if bar.rate is not None and bar.rows >= LEAST_RATE_ROWS
    ]
    return Drawing(drawn, " ".join(points), bars[0].text if bars else "", bars[-1].text if len(bars) > 1 else "")


def _bar(bar: Bar, place: int, slot: float, tallest: int) -> DrawnBar:
    scale = (BASE - 4) / tallest
    negative, positive = (bar.rows - bar.positive) * scale, bar.positive * scale
    rate = "" if bar.rate is None else f", {bar.rate:.0%} positive"
    return DrawnBar(
        x=round(slot * place + GAP / 2, 1),
        width=round(max(slot - GAP, 1), 1),
        negative_y=round(BASE - negative, 1),
        negative_height=round(negative, 1),
        positive_y=round(BASE - negative - positive, 1),
        positive_height=round(positive, 1),
        tip=f"{bar.text}: {bar.rows:,} rows{rate}",
    )


def tint(value: float) -> str:
    """Colour of a correlation: blue for positive, red for negative, white for none."""
    if math.isnan(value):
        return "#f4f5f7"
    strength = min(abs(value), 1.0)
    strong = (31, 78, 121) if value > 0 else (176, 58, 46)
    return "#" + "".join(f"{round(255 + (part - 255) * strength):02x}" for part in strong)
