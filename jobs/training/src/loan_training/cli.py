"""The command `loan-training`: parses the command line and the environment into Settings.

No other module reads either of them. Libraries read variables of their own, such as AWS_REGION.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loan_training.commands.contract import contract
from loan_training.commands.data import data_group
from loan_training.commands.explore import explore
from loan_training.commands.schema import schema as schema_commands
from loan_training.commands.score import score
from loan_training.commands.sign import sign
from loan_training.options import SCHEMA_OPTION, run_options, take_reading
from loan_training.refusals import refusals

if TYPE_CHECKING:
    from loan_training.settings import Settings


STEPS = (
    ("data", "Read and validate the data, and set the holdout aside."),
    ("compare", "Cross-validate five families and two baselines, and choose a family."),
    ("search", "Search the hyper-parameters of the chosen family."),
    ("fit", "Fit the model, export it to ONNX and check the graph."),
    ("evaluate", "Score the graph on the holdout, also by group."),
    ("register", "Register the model in MLflow under the alias challenger."),
    ("promote", "Move the alias champion to the new version, if --promote allows it."),
)


def main() -> None:
    cli(prog_name="loan-training")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Train the loan-eligibility model, gate it and register it in MLflow.

    Exit codes: 0 the run is done, whether or not its version was promoted. 1 the run failed. 2 the data or the
    command line is invalid. 3 MLflow or the server of the data did not answer, and another run may succeed.
    """
    _quieten_libraries()
    _show_progress()


@cli.command(short_help="Run all seven steps.")
@run_options
@click.option(
    "--work-dir",
    envvar="LOAN_WORK_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    show_default="a temporary directory",
    show_envvar=True,
    help="Directory for the files that the steps hand on. A temporary directory is removed after the run.",
)
@click.option(
    "--summary-json",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="File to write the outcome to, as JSON for scripts. If unset, only the table is printed.",
)
@click.option(
    "--pushgateway-url",
    envvar="PUSHGATEWAY_URL",
    default=None,
    show_envvar=True,
    help="URL of a Prometheus Pushgateway that gets the run's metrics. If unset, none are pushed.",
)
@click.option(
    "--search-index",
    envvar="JOB_COMPLETION_INDEX",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    show_envvar=True,
    help="0 does the run. Any other process only helps with the search of the run in --search-run, and then ends.",
)
@click.option(
    "--search-wait-seconds",
    envvar="LOAN_SEARCH_WAIT_SECONDS",
    type=click.IntRange(1),
    default=3_600,
    show_default=True,
    show_envvar=True,
    help="How long a process with another --search-index waits for the search to begin, before it ends without error.",
)
def run(
    work_dir: Path | None,
    summary_json: Path | None,
    pushgateway_url: str | None,
    search_index: int,
    search_wait_seconds: int,
    **options: Any,
) -> None:
    """Run every step: data, compare, search, fit, evaluate, register, promote.

    Large files are sampled. Families are compared and searched on at most 20,000 rows. A family is fitted on at most
    its budget: svc 3,000, random_forest 20,000, gradient_boosting 50,000, logistic_regression 1,000,000,
    xgboost 1,000,000.
    """
    with refusals(), tempfile.TemporaryDirectory(prefix="loan-training-") as temporary:
        settings = _settings(work_dir or Path(temporary), options)
        if search_index > 0:
            from loan_training.run import help_with_search

            click.echo(f"search worker {search_index}: {help_with_search(settings, search_index, search_wait_seconds)}")
            return
        from loan_training.run import run_all

        summary = run_all(settings, pushgateway_url)
        if summary_json:
            summary_json.parent.mkdir(parents=True, exist_ok=True)
            summary_json.write_text(json.dumps(summary.as_json(), indent=2) + "\n")
        from loan_training.summary import render

        click.echo(render(summary))


def _add_step(name: str, summary: str) -> None:
    @cli.command(name, help=f"{summary} This step runs alone, as part of the run in --work-dir.", short_help=summary)
    @run_options
    @click.option(
        "--work-dir",
        envvar="LOAN_WORK_DIR",
        type=click.Path(file_okay=False, path_type=Path),
        required=True,
        show_envvar=True,
        help="Directory of the run. Each step reads the files of earlier steps there, and adds its own.",
    )
    def step(work_dir: Path, **options: Any) -> None:
        with refusals():
            from loan_training.run import run_one

            run_one(name, _settings(work_dir, options))


for _name, _summary in STEPS:
    _add_step(_name, _summary)


@cli.command(short_help="Write made-up applications.")
@SCHEMA_OPTION
@click.option(
    "--rows", type=click.IntRange(1, 1_000_000), default=614, show_default=True, help="Number of applications."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=7,
    show_default=True,
    help="Seed. The same rows and seed give the same applications.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="csv: labelled rows for training. jsonl: stream records without labels, one JSON object a line.",
)
@click.option("--output", type=click.File("w", lazy=True), default="-", help="File to write. - is standard output.")
def generate(schema: str, rows: int, seed: int, form: str, output: Any) -> None:
    """Write made-up applications, drawn as the schema says."""
    from loan_training.data.synthetic import as_csv, as_json_lines
    from loan_training.data.synthetic import generate as make

    with refusals():
        from loan_training.schema.document import load_schema

        known = load_schema(schema)
        frame = make(known, rows, seed)
        if form == "csv":
            output.write(as_csv(known, frame))
        else:
            output.writelines(f"{line}\n" for line in as_json_lines(known, frame))


cli.add_command(score)
cli.add_command(contract)
cli.add_command(sign)
cli.add_command(data_group(cli.commands["data"]))
cli.add_command(schema_commands)
cli.add_command(explore)


def _settings(work_dir: Path, options: dict[str, Any]) -> Settings:
    from loan_training.card.notes import load_notes
    from loan_training.schema.document import load_schema
    from loan_training.settings import Settings

    schema = load_schema(options.pop("schema"))
    for name in ("model_signing_key", "signing_key"):
        if options[name]:
            from loan_training.signing.key import read_signing_key

            # A wrong key is told now, and not after the model is trained.
            read_signing_key(options[name])
    options["card_notes"] = load_notes(options["card_notes"], schema.name)
    for name in ("model_name", "experiment"):
        options[name] = options[name] or schema.name
    if options["prefect_api_url"]:
        # Prefect reads its server's URL from the environment when it is imported, which is later.
        os.environ["PREFECT_API_URL"] = options["prefect_api_url"]
    return Settings(work_dir=work_dir, schema=schema, reading=take_reading(options), **options)


def _show_progress() -> None:
    """Logs the progress of waits and steps to standard error. Libraries log only what a user must know."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)-9s %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    for name in (*(name for name, _ in STEPS), "wait"):
        logging.getLogger(name).setLevel(logging.INFO)


def _quieten_libraries() -> None:
    """Turns off telemetry, chatter, and minutes of retries against a dead server.

    Call it before the libraries are imported, because some of them read these variables on import.
    """
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        # Otherwise MLflow adds the uv.lock of the current directory to the model.
        "MLFLOW_UV_AUTO_DETECT": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
