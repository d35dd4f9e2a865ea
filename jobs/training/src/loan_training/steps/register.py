from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE, digest
from loan_training.artifact.serving_json import golden_rows
from loan_training.registry.model_registry import DIGEST_TAG, Registry
from loan_training.signing.key import read_signing_key
from loan_training.signing.logged import sign_logged

if TYPE_CHECKING:
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
        # An unreadable key is told before anything is logged.
        key = None if settings.model_signing_key is None else read_signing_key(settings.model_signing_key)
        model_id = registry.log_model(tracking.run_id, files, example, settings.tracking_uri)
        if key is not None:
            sign_logged(tracking.client, model_id, settings.model_name, files, key)
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
