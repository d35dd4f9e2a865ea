from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from loan_training.artifact.digest import MODEL_FILE, SERVING_FILE
from loan_training.data.dataset import join
from loan_training.data.duplicates import without_copies
from loan_training.evaluation.evidence import read_evidence
from loan_training.evaluation.fairness import four_fifths_ratios
from loan_training.evaluation.scores import Scores, score
from loan_training.registry.comparable import why_incomparable
from loan_training.registry.gate import Baseline, Contender, Unreadable, decide
from loan_training.registry.model_registry import CARD_TAG, CHAMPION, ArtifactUnreadable, Registration, Registry
from loan_training.scoring.contract_model import ContractModel
from loan_training.scoring.graph_file import open_bytes
from loan_training.scoring.serving_contract import parse_contract
from loan_training.signing.key import read_signing_key
from loan_training.signing.statement import Promotion, sign_promotion
from loan_training.steps.card import write_card

if TYPE_CHECKING:
    from loan_training.data.dataset import Dataset
    from loan_training.steps import Context

log = logging.getLogger("promote")


def promote(context: Context) -> None:
    """Lets the gate compare the new version with the champion on the same holdout, and records the reason."""
    workspace, settings, tracking = context.workspace, context.settings, context.tracking
    registry = Registry(tracking.client, settings.model_name)
    registration = Registration(**workspace.read_json("registration"))
    evaluation = workspace.read_json("evaluation/evaluation")
    scores = {name: Scores(**values) for name, values in evaluation["holdout"].items()}

    holdout = workspace.read_dataset("holdout")
    judged = without_copies(join(workspace.read_dataset("training"), holdout))

    decision = decide(
        settings.promote,
        Contender(
            registration.version,
            registration.digest,
            scores["model"],
            evaluation["four_fifths"],
            settings.schema.judged,
        ),
        _champion(registry, registration, holdout, judged, settings.fairness_minimum),
        Baseline(scores["majority"], scores.get("rule")),
        read_evidence(evaluation["evidence"]),
        settings.fairness_minimum,
    )
    # Card, reason and statement are written first, so that whoever sees the alias move finds them.
    card = write_card(context, registry, registration, decision)
    registry.explain(registration, decision.code, decision.reason)
    if decision.promoted:
        _sign(context, registry, registration, card, decision.reason)
        registry.promote(registration)
    workspace.write_json("promotion", decision)
    tracking.log(
        tags={"promotion": decision.code, "promotion_reason": decision.reason, CARD_TAG: card},
        metrics={"promoted": int(decision.promoted)},
    )
    log.info("%s: %s", "promoted" if decision.promoted else "not promoted", decision.reason)


def _sign(context: Context, registry: Registry, registration: Registration, card: str, reason: str) -> None:
    if context.settings.signing_key is None:
        return
    promotion = Promotion(
        model=registration.model,
        version=registration.version,
        digest=registration.digest,
        card=card,
        alias=CHAMPION,
        reason=reason,
        at=datetime.now(timezone.utc),
    )
    tag, statement = sign_promotion(promotion, read_signing_key(context.settings.signing_key))
    registry.state(registration, tag, statement)
    log.info("signed the promotion: %s", tag)


def _champion(
    registry: Registry, challenger: Registration, holdout: Dataset, judged: Dataset, fairness_minimum: int
) -> Contender | Unreadable | None:
    champion = registry.champion()
    if champion is None or champion.version == challenger.version:
        return None
    try:
        files = registry.download(champion)
    except ArtifactUnreadable as error:
        return Unreadable(champion.version, str(error))
    try:
        return _contender(champion, files, holdout, judged, fairness_minimum)
    # onnxruntime raises classes of its own. Whatever the champion's graph raises, it cannot be compared.
    except Exception as error:
        return Unreadable(champion.version, str(error))


def _contender(
    champion: Registration, files: dict[str, bytes], holdout: Dataset, judged: Dataset, fairness_minimum: int
) -> Contender | Unreadable:
    contract = parse_contract(files[SERVING_FILE])
    fault = why_incomparable(contract, judged.applications)
    if fault:
        return Unreadable(champion.version, fault)
    threshold = contract.decision["threshold"]
    model = ContractModel(open_bytes(files[MODEL_FILE], contract, f"version {champion.version}").session, contract)
    scores = score(holdout.labels, model.probabilities(holdout.applications), threshold)
    decisions = model.probabilities(judged.applications) >= threshold
    ratios = four_fifths_ratios(judged, decisions, fairness_minimum)
    return Contender(champion.version, champion.digest, scores, ratios)
