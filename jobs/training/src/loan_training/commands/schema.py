"""The commands that draft and check a schema file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loan_training.data.shown_source import shown_source
from loan_training.options import DATA_HELP, reading_options, take_reading
from loan_training.refusals import refusals


@click.group(short_help="Draft or check a schema file.")
def schema() -> None:
    """Draft or check a schema file, which says what training must know about the data of a lender."""


@schema.command(short_help="Draft a schema file from a data file.")
@click.argument("data")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_default="standard output",
    help="File to write.",
)
@click.option("--force", is_flag=True, help="Overwrite the file of --output.")
@click.option("--label", default=None, show_default="guessed", help="Column with the outcome.")
@click.option(
    "--positive",
    multiple=True,
    help="Value of the label that means the positive outcome. May be given several times. Guessed if it is not given.",
)
@reading_options
def infer(
    data: str, output: Path | None, force: bool, label: str | None, positive: tuple[str, ...], **options: Any
) -> None:
    """Draft a schema file from DATA, and list what a person must decide.

    DATA is a CSV or Parquet file: a path or a URL. Values that are rare among many are not written to the draft.
    """
    with refusals():
        from loan_training.data.reader import read_table
        from loan_training.data.source import read_file
        from loan_training.errors import SchemaRefused
        from loan_training.schema.draft.decisions import decisions
        from loan_training.schema.draft.document import write_draft
        from loan_training.schema.draft.draft import draft_schema

        if output and output.exists() and not force:
            raise SchemaRefused(f"{output}: the file exists; --force overwrites it, with all that you decided in it")
        reading = take_reading(options)
        table = read_table(read_file(data, reading.maximum_bytes), shown_source(data), reading)
        draft = draft_schema(table, shown_source(data), label, positive)
        text = write_draft(draft)
        if output:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(text, "utf-8")
            click.echo(f"{output}: {len(draft.columns)} columns of {len(table.header)}, {len(draft.scored)} scored")
        else:
            click.echo(text, nl=False)
        click.echo("Now decide:", err=True)
        for number, decision in enumerate(decisions(draft), 1):
            click.echo(f"  {number}. {decision}", err=True)


@schema.command(short_help="Check a schema file, and say what it means.")
@click.argument("file")
@click.option("--data", default=None, help=f"Also check a data file against the schema. {DATA_HELP}")
@reading_options
def check(file: str, data: str | None, **options: Any) -> None:
    """Check a schema FILE, and say what it means.

    FILE is a path, or the name of the schema that comes with the command.
    """
    with refusals():
        from loan_training.data.dataset import parse
        from loan_training.data.duplicates import count_duplicates, duplicate_warnings
        from loan_training.data.source import read_source, reading_of
        from loan_training.data.sparse_columns import check_sparse_columns
        from loan_training.schema.document import load_schema
        from loan_training.schema.meaning import meaning

        reading = take_reading(options)
        known = load_schema(file)
        click.echo("\n".join(meaning(known)))
        if data is None:
            return
        shown = shown_source(data)
        content = read_source(data, reading.maximum_bytes, known)
        dataset = parse(content, shown, known, reading=reading_of(data, reading))
        for warning in check_sparse_columns(dataset.applications, known.scored, shown):
            click.echo(f"warning: {warning}")
        for warning in duplicate_warnings(count_duplicates(dataset), shown):
            click.echo(f"warning: {warning}")
        click.echo(f"{shown}: {len(dataset)} rows fit the schema, {dataset.labels.mean():.1%} of them positive")
