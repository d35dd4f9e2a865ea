from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.artifact.serving_json import golden_rows
from loan_training.registry.model_registry import DIGEST_TAG, Registry
from loan_training.signing.key import read_signing_key
from loan_training.signing.model_bundle import SIGNATURE_FILE, model_bundle

if TYPE_CHECKING:
    from loan_training.settings import Settings
    from loan_training.steps import Context

EXAMPLE_ROWS = 3

log = logging.getLogger("register")


def register(context: Context) -> None:
    """Logs the model, registers it as a version under the alias `challenger`, and reads the version back."""
    workspace, settings, tracking = context.workspace, context.settings, context.tracking
    registry = Registry(tracking.client, settings.model_name)
    registration = registry.registered_by(tracking.run_id)
    if registration is None:
        files = {name: workspace.read_bytes(f"model/{name}") for name in (MODEL_FILE, SERVING_FILE)}
        example = golden_rows(settings.schema, settings.seed).head(EXAMPLE_ROWS)
        logged = files | _signature(settings, files)
        model_id = registry.log_model(tracking.run_id, logged, example, settings.tracking_uri)
        tags = {
            DIGEST_TAG: digest(files),
            "family": workspace.read_recipe().family,
            "seed": str(settings.seed),
            "data_fingerprint": workspace.read_json("dataset")["fingerprint"],
        }
        registration = registry.register(model_id, tracking.run_id, tags)
    registry.verify(registration)
    workspace.write_json("registration", registration)
    log.info("%s version %s", registration.model, registration.version)


def _signature(settings: Settings, files: dict[str, bytes]) -> dict[str, bytes]:
    """The bundle lies beside the model and is no part of its digest: files have one digest, signed or not."""
    if settings.model_signing_key is None:
        return {}
    return {SIGNATURE_FILE: model_bundle(settings.model_name, files, read_signing_key(settings.model_signing_key))}
