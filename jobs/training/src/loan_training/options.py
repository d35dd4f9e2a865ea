"""The options that every step of a run shares; each may be set in the environment too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


class PromotionMode(click.Choice):
    """The modes of --promote. The old word for if-not-worse is accepted, because jobs and scripts still say it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "if-better":
            click.echo("hint: --promote if-better is now called if-not-worse; use the new word", err=True)
            value = "if-not-worse"
        return super().convert(value, param, ctx)


RUN_OPTIONS = (
    click.option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        default="http://127.0.0.1:5000",
        show_default=True,
        show_envvar=True,
        help="The MLflow server.",
    ),
    click.option(
        "--experiment",
        envvar="MLFLOW_EXPERIMENT_NAME",
        default="loan-eligibility",
        show_default=True,
        show_envvar=True,
        help="The MLflow experiment.",
    ),
    click.option(
        "--model-name",
        envvar="LOAN_MODEL_NAME",
        default="loan-eligibility",
        show_default=True,
        show_envvar=True,
        help="The registered model.",
    ),
    click.option(
        "--data",
        envvar="LOAN_DATA",
        default="synthetic:614:7",
        show_default=True,
        show_envvar=True,
        help="A path, s3://, https:// or synthetic:<rows>:<seed>.",
    ),
    click.option(
        "--max-data-bytes",
        envvar="LOAN_DATA_MAX_BYTES",
        type=click.IntRange(1),
        default=100 * 1024 * 1024,
        show_default=True,
        show_envvar=True,
        help="Refuse a larger file.",
    ),
    click.option(
        "--seed",
        envvar="LOAN_SEED",
        type=click.IntRange(0, 2**31 - 1),
        default=7,
        show_default=True,
        show_envvar=True,
        help="Decides folds, search and fits: same seed and data, same model.",
    ),
    click.option(
        "--trials",
        envvar="LOAN_TRIALS",
        type=click.IntRange(0),
        default=30,
        show_default=True,
        show_envvar=True,
        help="Trials of the search; 0 keeps the defaults.",
    ),
    click.option(
        "--cv-repeats",
        envvar="LOAN_CV_REPEATS",
        type=click.IntRange(1),
        default=4,
        show_default=True,
        show_envvar=True,
        help="Repeats of the five-fold cross-validation.",
    ),
    click.option(
        "--jobs",
        envvar="LOAN_JOBS",
        type=click.IntRange(1),
        default=min(4, os.cpu_count() or 1),
        show_default="the number of CPUs, at most 4",
        show_envvar=True,
        help="Folds that are fitted at a time; the result does not depend on it.",
    ),
    click.option(
        "--optuna-storage",
        envvar="OPTUNA_STORAGE",
        default=None,
        show_envvar=True,
        help="A storage URL, for several workers on one study.",
    ),
    click.option(
        "--prefect-api-url",
        envvar="PREFECT_API_URL",
        default=None,
        show_default="no Prefect",
        show_envvar=True,
        help="Prefect server that shows the steps as tasks of a flow. If unset, the steps run without Prefect.",
    ),
    click.option(
        "--promote",
        envvar="LOAN_PROMOTE",
        type=PromotionMode(["if-not-worse", "always", "never"]),
        default="if-not-worse",
        show_default=True,
        show_envvar=True,
        help="When the new version becomes champion. if-not-worse: if it passes the gate. always: whatever its scores. "
        "never: the version is registered as challenger, and champion stays.",
    ),
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(RUN_OPTIONS):
        command = option(command)
    return command
