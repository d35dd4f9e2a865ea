"""The options that every step of a run shares. Each can also be set by an environment variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loan_training.data.reading import DECIMALS, DEFAULT_MAXIMUM_BYTES, DELIMITERS, ENCODINGS, Reading

if TYPE_CHECKING:
    from collections.abc import Callable


class PromotionMode(click.Choice):
    """The modes of --promote. The old name of if-not-worse is accepted, because users' jobs and scripts may hold it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "if-better":
            click.echo("hint: --promote if-better is now called if-not-worse; use the new word", err=True)
            value = "if-not-worse"
        return super().convert(value, param, ctx)


class Delimiter(click.Choice):
    """The words of --delimiter. A tab is hard to type, so "\\t" means it too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert("tab" if value in ("\t", "\\t") else value, param, ctx)


TRACKING_URI_HELP = "URL of the MLflow server."
DATA_HELP = "CSV or Parquet: a path, an s3://, http:// or https:// URL, or synthetic:<rows>:<seed> for made-up rows."

MODEL_SIGNING_KEY_OPTION = click.option(
    "--model-signing-key",
    envvar="LOAN_MODEL_SIGNING_KEY_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_envvar=True,
    help="PEM file with a private key, ECDSA P-256 or P-384, that signs the files of the model. Unset: no signature.",
)

# How the data file is read. take_reading() turns them into a Reading.
READING_OPTIONS = (
    click.option(
        "--max-data-bytes",
        envvar="LOAN_DATA_MAX_BYTES",
        type=click.IntRange(1),
        default=DEFAULT_MAXIMUM_BYTES,
        show_default=True,
        show_envvar=True,
        help="Size limit of the data in bytes, also after decompression. The default is 100 MiB.",
    ),
    click.option(
        "--delimiter",
        envvar="LOAN_DATA_DELIMITER",
        type=Delimiter(list(DELIMITERS)),
        default=",",
        show_default=True,
        show_envvar=True,
        help="Character between the values of a CSV.",
    ),
    click.option(
        "--decimal",
        envvar="LOAN_DATA_DECIMAL",
        type=click.Choice(DECIMALS),
        default=None,
        show_default=".",
        show_envvar=True,
        help="Decimal mark of numbers in a CSV. Thousands separators are always refused. State the point if another "
        "delimiter is used and numbers such as 1.234 have decimals.",
    ),
    click.option(
        "--encoding",
        envvar="LOAN_DATA_ENCODING",
        type=click.Choice(ENCODINGS, case_sensitive=False),
        default="utf-8",
        show_default=True,
        show_envvar=True,
        help="Encoding of a CSV.",
    ),
    click.option(
        "--missing-values",
        envvar="LOAN_DATA_MISSING_VALUES",
        default="",
        show_default="none",
        show_envvar=True,
        help="Words that mean a missing value, separated by commas, such as NA,null. An empty cell is always missing.",
    ),
)

SCHEMA_OPTION = click.option(
    "--schema",
    envvar="LOAN_SCHEMA",
    default="loan-eligibility",
    show_default=True,
    show_envvar=True,
    help="Schema of the data: a YAML file, or the name of the schema that comes with the command.",
)

RUN_OPTIONS = (
    SCHEMA_OPTION,
    click.option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        default="http://127.0.0.1:5000",
        show_default=True,
        show_envvar=True,
        help=TRACKING_URI_HELP,
    ),
    click.option(
        "--experiment",
        envvar="MLFLOW_EXPERIMENT_NAME",
        default=None,
        show_default="the name of the schema",
        show_envvar=True,
        help="MLflow experiment that holds the run. A missing experiment is created.",
    ),
    click.option(
        "--model-name",
        envvar="LOAN_MODEL_NAME",
        default=None,
        show_default="the name of the schema",
        show_envvar=True,
        help="Registered model that gets the new version. A missing model is created.",
    ),
    click.option(
        "--data",
        envvar="LOAN_DATA",
        default="synthetic:614:7",
        show_default=True,
        show_envvar=True,
        help=DATA_HELP,
    ),
    *READING_OPTIONS,
    click.option(
        "--seed",
        envvar="LOAN_SEED",
        type=click.IntRange(0, 2**31 - 1),
        default=7,
        show_default=True,
        show_envvar=True,
        help="Seed of folds, search and fits. The same seed and data give the same model.",
    ),
    click.option(
        "--trials",
        envvar="LOAN_TRIALS",
        type=click.IntRange(0),
        default=30,
        show_default=True,
        show_envvar=True,
        help="Number of trials of the hyper-parameter search. 0 keeps the family's defaults.",
    ),
    click.option(
        "--cv-repeats",
        envvar="LOAN_CV_REPEATS",
        type=click.IntRange(1),
        default=4,
        show_default=True,
        show_envvar=True,
        help="Number of repeats of the five-fold cross-validation.",
    ),
    click.option(
        "--jobs",
        envvar="LOAN_JOBS",
        type=click.IntRange(1),
        default=min(4, os.cpu_count() or 1),
        show_default="the number of CPUs, at most 4",
        show_envvar=True,
        help="Number of folds that are fitted at a time. The model does not depend on it.",
    ),
    click.option(
        "--optuna-storage",
        envvar="OPTUNA_STORAGE",
        default=None,
        show_envvar=True,
        help="Database URL of Optuna, for a study that several processes share. The model then depends on their speed. "
        "Unset: in memory.",
    ),
    click.option(
        "--optuna-storage-password-file",
        envvar="OPTUNA_STORAGE_PASSWORD_FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        show_envvar=True,
        help="File that holds the password for --optuna-storage, so that the URL needs none.",
    ),
    click.option(
        "--search-run",
        envvar="LOAN_SEARCH_RUN",
        default=None,
        show_default="of family, data and seed",
        show_envvar=True,
        help="Name of the study in --optuna-storage. The processes that search for one run need the same name.",
    ),
    click.option(
        "--wait-seconds",
        envvar="LOAN_WAIT_SECONDS",
        type=click.IntRange(0, 3_600),
        default=0,
        show_default=True,
        show_envvar=True,
        help="How long MLflow and the database of --optuna-storage may take to answer, for example while they start.",
    ),
    click.option(
        "--prefect-api-url",
        envvar="PREFECT_API_URL",
        default=None,
        show_envvar=True,
        help="API URL of a Prefect server that shows the steps as a flow. If unset, they run without Prefect.",
    ),
    click.option(
        "--promote",
        envvar="LOAN_PROMOTE",
        type=PromotionMode(["if-not-worse", "always", "never"]),
        default="if-not-worse",
        show_default=True,
        show_envvar=True,
        help="When the new version becomes champion. if-not-worse: if it passes the gate. always: whatever its scores. "
        "never: champion stays.",
    ),
    MODEL_SIGNING_KEY_OPTION,
    click.option(
        "--signing-key",
        envvar="LOAN_SIGNING_KEY_FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        show_envvar=True,
        help="PEM file with a private key, ECDSA P-256 or P-384, that signs a promotion of this run. Unset: no "
        "signature.",
    ),
    click.option(
        "--fairness-minimum",
        envvar="LOAN_FAIRNESS_MINIMUM",
        type=click.IntRange(1),
        default=100,
        show_default=True,
        show_envvar=True,
        help="Least rows of a group that the four-fifths ratio judges. Other columns are not measured.",
    ),
    click.option(
        "--card-notes",
        envvar="LOAN_CARD_NOTES",
        type=click.Path(dir_okay=False, path_type=Path),
        default=None,
        show_default="those of the bundled schema",
        show_envvar=True,
        help="YAML file with what a person writes for the model card: owner, intended use, limits, oversight.",
    ),
    click.option(
        "--report/--no-report",
        envvar="LOAN_REPORT",
        default=True,
        show_default="on",
        show_envvar=True,
        help="Log a page about the data to the run, as explore/report.html. --no-report logs none.",
    ),
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(RUN_OPTIONS):
        command = option(command)
    return command


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(READING_OPTIONS):
        command = option(command)
    return command


def take_reading(options: dict[str, Any]) -> Reading:
    """Takes the READING_OPTIONS out of `options`."""
    words = (word.strip() for word in options.pop("missing_values").split(","))
    decimal = options.pop("decimal")
    return Reading(
        delimiter=DELIMITERS[options.pop("delimiter")],
        decimal=decimal or ".",
        decimal_stated=decimal is not None,
        encoding=options.pop("encoding"),
        missing_values=tuple(word for word in words if word),
        maximum_bytes=options.pop("max_data_bytes"),
    )
