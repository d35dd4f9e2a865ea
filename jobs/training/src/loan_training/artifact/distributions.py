"""Shares of values, as serving.json holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

DECILES = np.arange(0.1, 1.0, 0.1)
PROBABILITY_EDGES = tuple(round(0.1 * edge, 1) for edge in range(1, 10))
DECIMALS = 6


def deciles(values: pd.Series, lowest: float) -> list[float]:
    """Edges of a histogram. A column may be empty, and a histogram has an edge all the same: `lowest`."""
    if values.isna().all():
        return [lowest]
    return np.unique(np.round(values.dropna().quantile(DECILES).to_numpy(), DECIMALS)).tolist()


def histogram(values: pd.Series, edges: Sequence[float]) -> dict[str, Any]:
    present = values.dropna().to_numpy()
    counts = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    return {
        "edges": [float(edge) for edge in edges],
        "shares": [round(float(count / max(len(present), 1)), DECIMALS) for count in counts],
        "missing": round(float(values.isna().mean()), DECIMALS),
    }


def categories(allowed: Sequence[str], values: pd.Series) -> dict[str, Any]:
    shares = values[values != ""].value_counts(normalize=True)
    return {
        "values": {value: round(float(shares.get(value, 0.0)), DECIMALS) for value in allowed},
        "missing": round(float((values == "").mean()), DECIMALS),
    }
