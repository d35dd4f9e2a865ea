"""How a command ends when it fails."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def refusals() -> Iterator[None]:
    """Prints an error that a user can act on as one line, with its exit code. Any other error keeps its traceback."""
    from loan_training.errors import TrainingError
    from loan_training.library_warnings import apply_warning_rules

    apply_warning_rules()
    try:
        yield
    except TrainingError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
