"""The command that writes a page about a data file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loan_training.options import SCHEMA_OPTION, reading_options, take_reading
from loan_training.refusals import refusals


@click.command(short_help="Write a page about a data file.")
@click.argument("data")
@SCHEMA_OPTION
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="HTML file to write. It needs no other file, no script and no network.",
)
@reading_options
def explore(data: str, schema: str, output: Path, **options: Any) -> None:
    """Write a page about DATA: missing values, distributions, groups, correlations, leakage and copies.

    DATA is a CSV or Parquet file: a path or a URL, or synthetic:<rows>:<seed>. Every training run logs the same page.
    """
    with refusals():
        from loan_training.data.dataset import parse
        from loan_training.data.source import read_source, reading_of
        from loan_training.exploration.findings import explore as find
        from loan_training.exploration.page import render_page
        from loan_training.schema.document import load_schema

        reading = take_reading(options)
        known = load_schema(schema)
        shown = data.split("?", 1)[0]
        content = read_source(data, reading.maximum_bytes, known)
        # A file with too few rows to train is worth a look.
        dataset = parse(content, shown, known, minimum_rows_per_label=0, reading=reading_of(data, reading))
        found = find(dataset, shown)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(render_page(found), "utf-8")
        for warning in found.warnings:
            click.echo(f"warning: {warning}")
        click.echo(f"{output}: {found.rows} rows, {len(found.columns)} columns, {len(found.warnings)} warnings")
