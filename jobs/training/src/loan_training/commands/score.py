"""The command `loan-training score`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from loan_training.options import READING_OPTIONS, TRACKING_URI_HELP, take_reading
from loan_training.refusals import refusals

if TYPE_CHECKING:
    from loan_training.data.reading import Reading

DEFAULT_MAXIMUM_BYTES = 10 * 1024**3
# Schema of made-up rows, and of the training files of --probabilities-only.
DEFAULT_SCHEMA = "loan-eligibility"
REPORT_SECONDS = 5
INVALID_ROWS = 2


@click.command(short_help="Decide the applications of a file.")
@click.option(
    "--model-uri",
    required=True,
    help="Model: models:/<name>@<alias>, models:/<name>/<version>, or a directory with model.onnx and serving.json.",
)
@click.option(
    "--data",
    required=True,
    help="CSV, Parquet or JSON Lines, also with gzip or zstd: a path, an s3://, http:// or https:// URL, or "
    "synthetic:<rows>:<seed>. JSON Lines hold records of the stream, or their fields alone. Labels are ignored.",
)
@click.option(
    "--input-format",
    type=click.Choice(["auto", "csv", "jsonl", "parquet"]),
    default="auto",
    show_default=True,
    help="Format of --data. auto: by its content.",
)
@click.option(
    "--output",
    default="-",
    show_default=True,
    help="File to write: a path, s3://<bucket>/<key>, or - for standard output. It appears when it is complete.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    default=None,
    show_default="the ending of --output, and jsonl for standard output",
    help="Format of the output.",
)
@click.option("--schema", default=None, help="Schema file that names other headers of the columns, and the id's.")
@click.option(
    "--id-column",
    default=None,
    show_default="the schema's identifier, request_id, id, or the only other column that ends in id",
    help="Column with the id of a row.",
)
@click.option(
    "--strict", is_flag=True, help="End with exit code 2 if a row is invalid. The output is written all the same."
)
@click.option(
    "--probabilities-only",
    is_flag=True,
    help='Write {"probabilities": [...]}, computed by mlflow.pyfunc, to compare runtimes. Takes training files alone.',
)
@click.option(
    "--max-data-bytes",
    envvar="LOAN_SCORE_MAX_BYTES",
    type=click.IntRange(1),
    default=DEFAULT_MAXIMUM_BYTES,
    show_default=True,
    show_envvar=True,
    help="Size limit of the data in bytes, also after decompression. The default is 10 GiB.",
)
@click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    default="http://127.0.0.1:5000",
    show_default=True,
    show_envvar=True,
    help=TRACKING_URI_HELP,
)
def score(
    model_uri: str,
    data: str,
    input_format: str,
    output: str,
    form: str | None,
    schema: str | None,
    id_column: str | None,
    strict: bool,
    probabilities_only: bool,
    tracking_uri: str,
    **options: Any,
) -> None:
    """Decide the applications of a file with any model that has a serving.json.

    Each row of the file becomes a row of the output: row, id, probability, decision_name, decision, positive, reasons,
    error_code, error_field, error_message, model, version, digest. serving.json alone says which values are allowed,
    with the codes of dead letters. An invalid row has its code and message in place of a decision.

    Exit codes: 0 done. 1 the model cannot be used. 2 the file or the command line is invalid, or a row with --strict.
    3 MLflow, S3 or a web server did not answer.
    """
    with refusals():
        reading = take_reading(options)
        if probabilities_only:
            _write_probabilities(model_uri, data, schema, reading, tracking_uri, output)
            return
        invalid = _decide_file(model_uri, data, input_format, output, form, schema, id_column, reading, tracking_uri)
    if strict and invalid:
        raise SystemExit(INVALID_ROWS)


for _option in reversed(READING_OPTIONS[1:]):
    score = _option(score)


def _decide_file(
    model_uri: str,
    data: str,
    input_format: str,
    output: str,
    form: str | None,
    schema: str | None,
    id_column: str | None,
    reading: Reading,
    tracking_uri: str,
) -> int:
    """Writes the decisions. Returns the number of invalid rows."""
    from loan_training.data.shown_source import shown_source
    from loan_training.scoring.batch import Counts, decide_rows
    from loan_training.scoring.columns import FileColumns, match_columns
    from loan_training.scoring.destination import open_output, refuse_input_as_output
    from loan_training.scoring.header_names import header_names
    from loan_training.scoring.input_file import open_input
    from loan_training.scoring.model_source import load_model
    from loan_training.scoring.result import ResultColumns
    from loan_training.scoring.row_files import read_rows
    from loan_training.scoring.writers import format_of, open_writer

    refuse_input_as_output(data, output)
    written = "jsonl" if output == "-" and form is None else format_of(output, form)
    names = header_names(schema, id_column)
    name = shown_source(data)
    started = time.monotonic()
    reported = [started]

    def report(counts: Counts) -> None:
        now = time.monotonic()
        if now - reported[0] >= REPORT_SECONDS:
            reported[0] = now
            click.echo(f"{counts.rows:,} rows, {counts.rows / (now - started):,.0f} a second", err=True)

    with (
        load_model(model_uri, tracking_uri) as loaded,
        open_input(data, reading.maximum_bytes, schema or DEFAULT_SCHEMA) as file,
    ):
        contract = loaded.model.contract

        def match(header: Any) -> FileColumns:
            columns = match_columns(header, contract, names, name)
            if columns.ignored:
                click.echo(f"ignored columns: {', '.join(columns.ignored)}", err=True)
            if columns.absent:
                click.echo(f"columns that read as missing: {', '.join(columns.absent)}", err=True)
            return columns

        rows = read_rows(file, name, input_format, reading, match, names)
        columns = ResultColumns(contract.decision, loaded.name, loaded.version, loaded.digest)
        with open_output(output) as target:
            writer = open_writer(written, target, columns)
            counts = decide_rows(loaded.model, rows, writer.write, report)
            writer.close()
    invalid = counts.invalid.total()
    decision = contract.decision
    by_code = (
        f" ({', '.join(f'{code} {count:,}' for code, count in sorted(counts.invalid.items()))})" if invalid else ""
    )
    click.echo(
        f"{counts.rows:,} rows in {time.monotonic() - started:.1f} s: {counts.positive:,} {decision['positiveClass']}, "
        f"{counts.negative:,} {decision['negativeClass']}, {invalid:,} invalid{by_code}; {loaded.name} "
        f"{loaded.version or 'from a directory'}, {loaded.digest}",
        err=True,
    )
    return invalid


def _write_probabilities(
    model_uri: str, data: str, schema: str | None, reading: Reading, tracking_uri: str, output: str
) -> None:
    import json

    from loan_training.data.dataset import parse
    from loan_training.data.shown_source import shown_source
    from loan_training.data.source import read_source, reading_of
    from loan_training.registry.pyfunc_scores import score_with_pyfunc
    from loan_training.registry.reachability import require_reachable
    from loan_training.schema.document import load_schema

    if model_uri.startswith(("models:", "runs:")):
        require_reachable(tracking_uri)
    known = load_schema(schema or DEFAULT_SCHEMA)
    content = read_source(data, reading.maximum_bytes, known)
    dataset = parse(content, shown_source(data), known, minimum_rows_per_label=0, reading=reading_of(data, reading))
    with click.open_file(output, "w") as file:
        json.dump({"probabilities": score_with_pyfunc(model_uri, dataset, tracking_uri)}, file)
        file.write("\n")
