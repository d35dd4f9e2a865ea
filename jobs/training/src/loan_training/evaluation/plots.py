"""The plots of an evaluation, as PNG files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from loan_training.evaluation.scores import CALIBRATION_BINS

if TYPE_CHECKING:
    from pathlib import Path

INK = "#1f4e79"
SHADE = "#9aa7b2"


def write_plots(
    directory: Path,
    labels: np.ndarray,
    predicted: dict[str, np.ndarray],
    influence: dict[str, float],
    threshold: float,
    words: tuple[str, str],
) -> None:
    """`predicted` holds the probabilities of the model and, if there is a rule, of the rule. `words` are (negative,
    positive)."""
    probabilities = predicted["model"]
    directory.mkdir(parents=True, exist_ok=True)
    pictures = {
        "roc": _roc(labels, predicted),
        "calibration": _calibration(labels, probabilities),
        "confusion": _confusion(labels, probabilities, threshold, words),
        "influence": _influence(influence),
    }
    for name, figure in pictures.items():
        figure.savefig(directory / f"{name}.png", dpi=110)


def _figure(title: str) -> Figure:
    figure = Figure(figsize=(5, 4.2), layout="constrained")
    figure.add_subplot().set_title(title)
    return figure


def _roc(labels: np.ndarray, predicted: dict[str, np.ndarray]) -> Figure:
    figure = _figure("ROC on the holdout")
    axes = figure.axes[0]
    for name, colour in (("model", INK), ("rule", SHADE)):
        if name not in predicted:
            continue
        values = predicted[name]
        falsely, truly, _ = roc_curve(labels, values)
        axes.plot(falsely, truly, color=colour, label=f"{name}, AUC {roc_auc_score(labels, values):.3f}")
    axes.plot([0, 1], [0, 1], color=SHADE, linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(loc="lower right")
    return figure


def _calibration(labels: np.ndarray, probabilities: np.ndarray) -> Figure:
    figure = _figure("Calibration on the holdout")
    axes = figure.axes[0]
    bins = np.minimum((probabilities * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    filled = np.unique(bins)
    predicted = [probabilities[bins == number].mean() for number in filled]
    observed = [labels[bins == number].mean() for number in filled]
    sizes = [20 + 300 * (bins == number).mean() for number in filled]
    axes.plot([0, 1], [0, 1], color=SHADE, linestyle=":")
    axes.scatter(predicted, observed, s=sizes, color=INK)
    axes.set(xlabel="predicted probability", ylabel="share of positive labels", xlim=(0, 1), ylim=(0, 1.02))
    return figure


def _confusion(labels: np.ndarray, probabilities: np.ndarray, threshold: float, words: tuple[str, str]) -> Figure:
    figure = _figure(f"Decisions at {threshold:g} on the holdout")
    axes = figure.axes[0]
    counts = confusion_matrix(labels, probabilities >= threshold, labels=[0, 1])
    axes.imshow(counts, cmap="Blues", vmin=0, vmax=counts.max() * 1.6)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, str(count), ha="center", va="center", fontsize=14)
    names = list(words)
    axes.set(xlabel="decided", ylabel="label", xticks=[0, 1], yticks=[0, 1], xticklabels=names, yticklabels=names)
    return figure


def _influence(influence: dict[str, float]) -> Figure:
    figure = _figure("Influence on the holdout")
    axes = figure.axes[0]
    ordered = sorted(influence.items(), key=lambda pair: pair[1])
    axes.barh([name for name, _ in ordered], [value for _, value in ordered], color=INK)
    axes.set_xlabel("rise of the log loss when the column is shuffled")
    return figure
