"""The command `loan-training sign`."""

from __future__ import annotations

from pathlib import Path

import click

from loan_training.options import TRACKING_URI_HELP
from loan_training.refusals import refusals


@click.command(short_help="Sign a version that is registered already.")
@click.option("--model-uri", required=True, help="models:/<name>/<version> or models:/<name>@<alias>.")
@click.option(
    "--model-signing-key",
    envvar="LOAN_MODEL_SIGNING_KEY_FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    show_envvar=True,
    help="PEM file with the private key, ECDSA P-256 or P-384.",
)
@click.option(
    "--replace", is_flag=True, help="Write another signature if the version has one, for example of a new key."
)
@click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    default="http://127.0.0.1:5000",
    show_default=True,
    show_envvar=True,
    help=TRACKING_URI_HELP,
)
def sign(model_uri: str, model_signing_key: Path, replace: bool, tracking_uri: str) -> None:
    """Sign the files of a registered version, and put the signature model.sig beside them.

    The files must be those that the digest of the version names. The digest stays as it is.
    """
    with refusals():
        from loan_training.signing.key import key_id, read_signing_key
        from loan_training.signing.registered import sign_version

        key = read_signing_key(model_signing_key)
        signed = sign_version(model_uri, tracking_uri, key, replace)
        click.echo(f"signed {signed.model} version {signed.version}, {signed.digest}, with the key {key_id(key)}")
