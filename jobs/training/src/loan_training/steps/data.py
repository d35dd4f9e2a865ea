from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from loan_training.data.dataset import parse, split
from loan_training.data.duplicates import count_duplicates, duplicate_warnings
from loan_training.data.shown_source import shown_source
from loan_training.data.source import read_source, reading_of
from loan_training.data.sparse_columns import check_sparse_columns

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.steps import Context

log = logging.getLogger("data")


def data(context: Context) -> None:
    """Reads the data, refuses the file if a row breaks the schema, and sets the holdout aside."""
    settings = context.settings
    # The query of a signed URL is a credential, so it is not shown.
    shown = shown_source(settings.data)
    started = time.monotonic()
    content = read_source(settings.data, settings.reading.maximum_bytes, settings.schema)
    log.info("%.1f MB read, rows are checked", len(content) / 1e6)
    dataset = parse(content, shown, settings.schema, reading=reading_of(settings.data, settings.reading))
    for warning in check_sparse_columns(dataset.applications, settings.schema.scored, shown):
        log.warning(warning)
    duplicates = count_duplicates(dataset)
    for warning in duplicate_warnings(duplicates, shown):
        log.warning(warning)
    training, holdout = split(dataset, shown)
    context.workspace.write_dataset("training", training)
    context.workspace.write_dataset("holdout", holdout)
    facts = {
        "source": shown,
        "fingerprint": dataset.fingerprint(),
        "rows": len(dataset),
        "training_rows": len(training),
        "holdout_rows": len(holdout),
        "approved_share": float(dataset.labels.mean()),
        "duplicates": asdict(duplicates),
    }
    context.workspace.write_json("dataset", facts)
    if settings.report:
        _report(context, dataset, shown)
    context.tracking.log(
        params={
            "data": shown,
            "data_fingerprint": facts["fingerprint"],
            "rows": len(dataset),
            "schema": settings.schema.name,
            "seed": settings.seed,
        },
        metrics={
            "training_rows": len(training),
            "holdout_rows": len(holdout),
            "duplicate_rows": duplicates.copies,
            "duplicate_groups": duplicates.groups,
            "conflicting_rows": duplicates.conflicting,
            "shared_identifiers": duplicates.shared_identifiers,
            "one_identifier": int(duplicates.one_identifier),
        },
        tags={"data_fingerprint": facts["fingerprint"]},
    )
    log.info(
        "%d rows, %d held out, fingerprint %s, in %.1f s",
        len(dataset),
        len(holdout),
        facts["fingerprint"][:12],
        time.monotonic() - started,
    )


def _report(context: Context, dataset: Dataset, shown: str) -> None:
    """Logs the page that `loan-training explore` writes."""
    from loan_training.exploration.findings import explore
    from loan_training.exploration.page import render_page

    context.workspace.write_bytes("explore/report.html", render_page(explore(dataset, shown)).encode())
    context.tracking.log_directory(context.workspace.root / "explore", "explore")
