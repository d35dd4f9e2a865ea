"""The command `loan-training`: parses the command line and the environment into Settings.

No other module reads either of them. Libraries read variables of their own, such as AWS_REGION.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loan_training.options import run_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loan_training.settings import Settings


STEPS = (
    ("data", "Read and validate the data, set the holdout aside."),
    ("compare", "Cross-validate the families and choose one."),
    ("search", "Search its hyper-parameters."),
    ("fit", "Fit, export to ONNX and check the graph."),
    ("evaluate", "Score the graph on the holdout, by group too."),
    ("register", "Register the model as challenger."),
    ("promote", "Make it champion if it passes the gate."),
)


def main() -> None:
    cli(prog_name="loan-training")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Trains the loan-eligibility model, gates it and registers it in MLflow.

    Exit codes: 0 done, whether promoted or not; 1 the run failed; 2 the data or the command line was refused;
    3 MLflow or the data's server does not answer, so that another run may end better.
    """
    _quieten_libraries()
    _show_progress()


@cli.command()
@run_options
@click.option(
    "--work-dir",
    envvar="LOAN_WORK_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    show_default="a temporary directory",
    show_envvar=True,
    help="Keep here what the steps hand on.",
)
@click.option(
    "--summary-json",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write the outcome here, for scripts.",
)
@click.option(
    "--pushgateway-url", envvar="PUSHGATEWAY_URL", default=None, show_envvar=True, help="Push the run's metrics there."
)
def run(work_dir: Path | None, summary_json: Path | None, pushgateway_url: str | None, **options: Any) -> None:
    """Run every step: data, compare, search, fit, evaluate, register, promote."""
    with _refusals(), tempfile.TemporaryDirectory(prefix="loan-training-") as temporary:
        from loan_training.run import run_all

        summary = run_all(_settings(work_dir or Path(temporary), options), pushgateway_url)
        if summary_json:
            summary_json.parent.mkdir(parents=True, exist_ok=True)
            summary_json.write_text(json.dumps(summary.as_json(), indent=2) + "\n")
        from loan_training.summary import render

        click.echo(render(summary))


def _add_step(name: str, summary: str) -> None:
    @cli.command(name, help=f"{summary} One step of a run that is kept in --work-dir.", short_help=summary)
    @run_options
    @click.option(
        "--work-dir",
        envvar="LOAN_WORK_DIR",
        type=click.Path(file_okay=False, path_type=Path),
        required=True,
        show_envvar=True,
        help="Where the steps hand their results on.",
    )
    def step(work_dir: Path, **options: Any) -> None:
        with _refusals():
            from loan_training.run import run_one

            run_one(name, _settings(work_dir, options))


for _name, _summary in STEPS:
    _add_step(_name, _summary)


@cli.command()
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=614, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Which.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="Labelled rows, or stream records without labels.",
)
@click.option("--output", type=click.File("w", lazy=True), default="-", help="A file; standard output by default.")
def generate(rows: int, seed: int, form: str, output: Any) -> None:
    """Write made-up applications with the margins of the public loan-prediction data."""
    from loan_training.data.synthetic import as_csv, as_json_lines
    from loan_training.data.synthetic import generate as make

    frame = make(rows, seed)
    if form == "csv":
        output.write(as_csv(frame))
    else:
        output.writelines(f"{line}\n" for line in as_json_lines(frame))


@cli.command()
@click.option("--model-uri", required=True, help="Such as models:/loan-eligibility@champion, or a directory.")
@click.option("--data", required=True, help="A labelled CSV: a path, s3://, https:// or synthetic:<rows>:<seed>.")
@click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    default="http://127.0.0.1:5000",
    show_default=True,
    show_envvar=True,
    help="The MLflow server.",
)
@click.option(
    "--json", "output", type=click.File("w", lazy=True), default="-", help="A file; standard output by default."
)
def score(model_uri: str, data: str, tracking_uri: str, output: Any) -> None:
    """Write {"probabilities": [...]} of a file's rows, as mlflow.pyfunc gives them."""
    with _refusals():
        from loan_training.data.dataset import parse
        from loan_training.data.source import read_source
        from loan_training.registry.pyfunc_scores import score_with_pyfunc
        from loan_training.registry.reachability import require_reachable

        if model_uri.startswith(("models:", "runs:")):
            require_reachable(tracking_uri)
        dataset = parse(read_source(data, 100 * 1024 * 1024), data, minimum_rows_per_label=0)
        json.dump({"probabilities": score_with_pyfunc(model_uri, dataset, tracking_uri)}, output)
        output.write("\n")


def _settings(work_dir: Path, options: dict[str, Any]) -> Settings:
    from loan_training.settings import Settings

    if options["prefect_api_url"]:
        # Prefect reads its server's URL from the environment when it is imported, which is later.
        os.environ["PREFECT_API_URL"] = options["prefect_api_url"]
    return Settings(work_dir=work_dir, maximum_data_bytes=options.pop("max_data_bytes"), **options)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns an error that a user can act on into a line and an exit code; any other keeps its traceback."""
    from loan_training.errors import TrainingError

    try:
        yield
    except TrainingError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _show_progress() -> None:
    """Progress of the steps on standard error, and of the libraries only what a user must know."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)-9s %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    for name, _ in STEPS:
        logging.getLogger(name).setLevel(logging.INFO)


def _quieten_libraries() -> None:
    """Before any of them is imported: no telemetry, no chatter, and no minutes of retries against a dead server."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        # Else MLflow would put the lock file of the directory it runs in beside the model.
        "MLFLOW_UV_AUTO_DETECT": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        "PYTHONWARNINGS": "ignore",
    }.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
