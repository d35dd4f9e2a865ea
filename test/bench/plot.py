"""Draws the groups of a benchmark report that have something to compare.

`plot.py <report.json> <picture.svg>`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none"})

import matplotlib.pyplot as plt  # noqa: E402

ROW_INCHES = 0.3
HEADER_INCHES = 0.7
WIDTH_INCHES = 9
# Bars that differ by more are unreadable on a linear axis.
LINEAR_SPAN = 50


def main(report_file: Path, picture: Path) -> None:
    report = json.loads(report_file.read_text())
    groups: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in report["rows"]:
        if isinstance(row["value"], (int, float)):
            unit = row["unit"].split(",")[0]
            groups.setdefault((row["group"], unit), []).append((row["what"], row["value"]))
    comparable = {key: rows for key, rows in groups.items() if len(rows) > 1}
    heights = [HEADER_INCHES + ROW_INCHES * len(rows) for rows in comparable.values()]
    figure, axes = plt.subplots(
        len(comparable),
        1,
        figsize=(WIDTH_INCHES, sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axis, ((group, unit), rows) in zip(axes[:, 0], comparable.items(), strict=True):
        draw(axis, f"{group}: {unit}", rows)
    figure.suptitle(f"{report['date']}, {report['machine']}", fontsize=8)
    figure.savefig(picture, metadata={"Date": None})


def draw(axis: plt.Axes, title: str, rows: list[tuple[str, float]]) -> None:
    names, values = zip(*reversed(rows), strict=True)
    bars = axis.barh(names, values, color=["#9db4c8"] * (len(rows) - 1) + ["#1f5f8b"])
    if max(values) > LINEAR_SPAN * min(values):
        axis.set_xscale("log")
    labels = [f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in values]
    axis.bar_label(bars, labels, padding=3, fontsize=8)
    axis.margins(x=0.12)
    axis.set_title(title, fontsize=9, loc="left")
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
