"""The command `loan-training`. Nothing else reads the command line or the environment's settings."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from loan_training.settings import Settings

Command = "Callable[..., Any]"

_RUN_OPTIONS = [
    click.option("--tracking-uri", envvar="MLFLOW_TRACKING_URI", default="http://127.0.0.1:5000", show_default=True, show_envvar=True, help="The MLflow server."),
    click.option("--experiment", envvar="MLFLOW_EXPERIMENT_NAME", default="loan-eligibility", show_default=True, show_envvar=True, help="The MLflow experiment."),
    click.option("--model-name", envvar="LOAN_MODEL_NAME", default="loan-eligibility", show_default=True, show_envvar=True, help="The registered model."),
    click.option("--data", envvar="LOAN_DATA", default="synthetic:614:7", show_default=True, show_envvar=True, help="A path, s3://, https:// or synthetic:<rows>:<seed>."),
    click.option("--max-data-bytes", envvar="LOAN_DATA_MAX_BYTES", type=click.IntRange(1), default=100 * 1024 * 1024, show_default=True, show_envvar=True, help="Refuse a larger file."),
    click.option("--seed", envvar="LOAN_SEED", type=click.IntRange(0, 2**31 - 1), default=7, show_default=True, show_envvar=True, help="Decides folds, search and fits: same seed and data, same model."),
    click.option("--trials", envvar="LOAN_TRIALS", type=click.IntRange(0), default=30, show_default=True, show_envvar=True, help="Trials of the search; 0 keeps the defaults."),
    click.option("--cv-repeats", envvar="LOAN_CV_REPEATS", type=click.IntRange(1), default=4, show_default=True, show_envvar=True, help="Repeats of the five-fold cross-validation."),
    click.option("--jobs", envvar="LOAN_JOBS", type=click.IntRange(1), default=min(4, os.cpu_count() or 1), show_default=True, show_envvar=True, help="Folds that are fitted at a time; the result does not depend on it."),
    click.option("--optuna-storage", envvar="OPTUNA_STORAGE", default=None, show_envvar=True, help="A storage URL, for several workers on one study."),
    click.option("--promote", envvar="LOAN_PROMOTE", type=click.Choice(["if-better", "always", "never"]), default="if-better", show_default=True, show_envvar=True, help="When the version becomes champion."),
]  # fmt: skip


def main() -> None:
    _quieten_libraries()
    cli(prog_name="loan-training")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Trains the loan-eligibility model, gates it and registers it in MLflow.

    Exit codes: 0 done, whether promoted or not; 1 the run failed; 2 the data or the command line was refused;
    3 MLflow cannot be reached.
    """


def _with_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_RUN_OPTIONS):
        command = option(command)
    return command


@cli.command()
@_with_run_options
@click.option("--work-dir", envvar="LOAN_WORK_DIR", type=click.Path(file_okay=False, path_type=Path), default=None, show_envvar=True, help="Keep what the steps hand on here.  [default: a directory that is removed]")  # fmt: skip
@click.option("--summary-json", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write the outcome here, for scripts.")  # fmt: skip
@click.option("--pushgateway-url", envvar="PUSHGATEWAY_URL", default=None, show_envvar=True, help="Push the run's metrics there.")  # fmt: skip
def run(
    work_dir: Path | None, summary_json: Path | None, pushgateway_url: str | None, **options: Any
) -> None:
    """Run every step: data, compare, search, fit, evaluate, register, promote."""
    with _refusals(), tempfile.TemporaryDirectory(prefix="loan-training-") as temporary:
        from loan_training.run import run_all
        from loan_training.summary import render

        summary, workspace = run_all(_settings(work_dir or Path(temporary), options), pushgateway_url)
        if summary_json:
            summary_json.parent.mkdir(parents=True, exist_ok=True)
            summary_json.write_text(json.dumps(summary.as_json(), indent=2) + "\n")
        click.echo(render(summary, workspace.read_json("evaluation/evaluation")["holdout"]))


def _add_step(name: str, summary: str) -> None:
    @cli.command(name, help=f"{summary} One step of a run that is kept in --work-dir.", short_help=summary)
    @_with_run_options
    @click.option("--work-dir", envvar="LOAN_WORK_DIR", type=click.Path(file_okay=False, path_type=Path), required=True, show_envvar=True, help="Where the steps hand their results on.")  # fmt: skip
    def step(work_dir: Path, **options: Any) -> None:
        with _refusals():
            from loan_training.run import run_one

            run_one(name, _settings(work_dir, options))


for _name, _summary in (
    ("data", "Read and validate the data, set the holdout aside."),
    ("compare", "Cross-validate the families and choose one."),
    ("search", "Search its hyper-parameters."),
    ("fit", "Fit, export to ONNX and check the graph."),
    ("evaluate", "Score the graph on the holdout, by group too."),
    ("register", "Register the model as challenger."),
    ("promote", "Make it champion if it passes the gate."),
):
    _add_step(_name, _summary)


@cli.command()
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=614, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Which.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="Labelled rows, or stream records without labels.")  # fmt: skip
@click.option(
    "--output", type=click.File("w", lazy=True), default="-", help="A file; standard output by default."
)
def generate(rows: int, seed: int, form: str, output: Any) -> None:
    """Write made-up applications with the margins of the public loan-prediction data."""
    from loan_training.synthetic import as_csv, as_json_lines
    from loan_training.synthetic import generate as make

    frame = make(rows, seed)
    if form == "csv":
        output.write(as_csv(frame))
    else:
        output.writelines(f"{line}\n" for line in as_json_lines(frame))


@cli.command()
@click.option("--model-uri", required=True, help="Such as models:/loan-eligibility@champion, or a directory.")
@click.option(
    "--data", required=True, help="A labelled CSV: a path, s3://, https:// or synthetic:<rows>:<seed>."
)
@click.option("--tracking-uri", envvar="MLFLOW_TRACKING_URI", default="http://127.0.0.1:5000", show_default=True, show_envvar=True, help="The MLflow server.")  # fmt: skip
@click.option("--json", "output", type=click.File("w", lazy=True), default="-", help="A file; standard output by default.")  # fmt: skip
def score(model_uri: str, data: str, tracking_uri: str, output: Any) -> None:
    """Write {"probabilities": [...]} of a file's rows, as mlflow.pyfunc gives them."""
    with _refusals():
        from loan_training.dataset import parse
        from loan_training.scoring import score_with_pyfunc
        from loan_training.source import read_source
        from loan_training.tracking import require_reachable

        if model_uri.startswith(("models:", "runs:")):
            require_reachable(tracking_uri)
        dataset = parse(read_source(data, 100 * 1024 * 1024), data, minimum_rows_per_label=0)
        json.dump({"probabilities": score_with_pyfunc(model_uri, dataset, tracking_uri)}, output)
        output.write("\n")


def _settings(work_dir: Path, options: dict[str, Any]) -> Settings:
    from loan_training.settings import Settings

    return Settings(work_dir=work_dir, maximum_data_bytes=options.pop("max_data_bytes"), **options)


class _refusals:  # noqa: N801
    """Turns an error that a user can act on into a line and an exit code; any other keeps its traceback."""

    def __enter__(self) -> None:
        logging.basicConfig(
            level=logging.WARNING,
            stream=sys.stderr,
            format="%(asctime)s %(name)-9s %(message)s",
            datefmt="%H:%M:%S",
        )
        for step in ("data", "compare", "search", "fit", "evaluate", "register", "promote"):
            logging.getLogger(step).setLevel(logging.INFO)

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        from loan_training.errors import TrainingError

        if isinstance(error, TrainingError):
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)


def _quieten_libraries() -> None:
    """Before any of them is imported: no telemetry, no chatter, and no minutes of retries against a dead server."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        "GIT_PYTHON_REFRESH": "quiet",
        "PYTHONWARNINGS": "ignore",
    }.items():
        os.environ.setdefault(name, value)
    import warnings

    warnings.simplefilter("ignore")
