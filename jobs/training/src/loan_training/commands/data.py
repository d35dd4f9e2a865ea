"""The command group `data`: the step of a run, and `data fetch`."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import click

from loan_training.data.reading import DEFAULT_MAXIMUM_BYTES
from loan_training.refusals import refusals


def data_group(step: click.Command) -> click.Group:
    """The step `data`, with commands of its own. Without one of them, the step runs as before."""

    @click.pass_context
    def run_step(context: click.Context, **options: Any) -> None:
        if context.invoked_subcommand is not None:
            return
        for parameter in step.params:
            if parameter.required and options[parameter.name] is None:
                raise click.MissingParameter(ctx=context, param=parameter)
        step.callback(**options)

    group = click.Group(
        step.name,
        callback=run_step,
        params=[_optional(parameter) for parameter in step.params],
        invoke_without_command=True,
        subcommand_metavar="[COMMAND]",
        help=f"{step.help}\n\nThe command fetch needs no run.",
        short_help=step.short_help,
    )
    group.add_command(fetch)
    return group


def _optional(parameter: click.Parameter) -> click.Parameter:
    """A command of the group does not need what the step requires."""
    if not parameter.required:
        return parameter
    optional = copy(parameter)
    optional.required, optional.show_default = False, "required"
    return optional


@click.command(short_help="Fetch a data file from a URL, S3 or Kaggle.")
@click.argument("source")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_default="the name at the source, in the current directory",
    help="File to write. It gets the whole file or stays as it was.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option(
    "--sha256", default=None, help="Checksum that the file must have. If unset, the checksum is printed only."
)
@click.option(
    "--member", default=None, help="File to take out of a zip archive. A single data file in it needs no name."
)
@click.option(
    "--max-data-bytes",
    envvar="LOAN_DATA_MAX_BYTES",
    type=click.IntRange(1),
    default=DEFAULT_MAXIMUM_BYTES,
    show_default=True,
    show_envvar=True,
    help="Size limit in bytes, also after unpacking. The default is 100 MiB.",
)
@click.option(
    "--timeout-seconds",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="Time limit of the whole download. A server that sends nothing for 30 s is given up earlier.",
)
@click.option(
    "--kaggle-username", envvar="KAGGLE_USERNAME", default=None, show_envvar=True, help="Name of your Kaggle account."
)
@click.option(
    "--kaggle-key",
    envvar="KAGGLE_KEY",
    default=None,
    show_envvar=True,
    help="Key of your Kaggle account. Set the variable: others can see a command line.",
)
@click.option(
    "--kaggle-key-file",
    envvar="KAGGLE_KEY_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_default="~/.kaggle/kaggle.json",
    show_envvar=True,
    help="File with both, as Kaggle's site gives it. It is read if one of the two variables is unset.",
)
@click.option(
    "--kaggle-url",
    envvar="KAGGLE_API_URL",
    default="https://www.kaggle.com/api/v1",
    show_default=True,
    show_envvar=True,
    help="URL of Kaggle's API.",
)
def fetch(
    source: str,
    output: Path | None,
    force: bool,
    sha256: str | None,
    member: str | None,
    max_data_bytes: int,
    timeout_seconds: int,
    kaggle_username: str | None,
    kaggle_key: str | None,
    kaggle_key_file: Path | None,
    kaggle_url: str,
) -> None:
    """Fetch a data file, and say its checksum and its licence.

    SOURCE is an http://, https:// or s3:// URL, kaggle:<owner>/<dataset> or kaggle:<owner>/<dataset>/<file>.
    A zip archive with one data file is unpacked.
    """
    with refusals():
        from loan_training.data.fetch.fetch import KaggleAccess, Request
        from loan_training.data.fetch.fetch import fetch as fetch_file
        from loan_training.data.fetch.limits import Limits

        key_file = kaggle_key_file or Path.home() / ".kaggle" / "kaggle.json"
        got = fetch_file(
            Request(source, output, force, sha256, member),
            KaggleAccess(kaggle_username, kaggle_key, key_file, kaggle_url),
            Limits(max_data_bytes, timeout_seconds),
        )
        click.echo(f"{got.path}: {got.bytes:,} bytes, sha256 {got.sha256}{' as expected' if sha256 else ''}")
        known = got.licence if got.licence and got.licence.casefold() != "unknown" else None
        click.echo(
            f"licence: {known}, as the owner of the data set says; read its terms before you use the data"
            if known
            else "licence: unknown; find out whether you may use the data before you use it"
        )
