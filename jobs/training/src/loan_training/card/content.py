"""What a card says, from the files of the run and from the notes of a person."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from loan_training.card.card import Block, Card, Paragraph, Picture, Points, Section, Table
from loan_training.evaluation.scores import Scores
from loan_training.registry.gate import FOUR_FIFTHS, TOLERANCES
from loan_training.schema.column import Category

if TYPE_CHECKING:
    from loan_training.card.notes import CardNotes
    from loan_training.model.recipe import Recipe
    from loan_training.registry.gate import Decision
    from loan_training.registry.model_registry import Registration
    from loan_training.schema.column import Column
    from loan_training.schema.schema import Schema

SCORES = ("accuracy", "f1", "auc", "log_loss", "brier", "ece")
# A data set may have a thousand columns. The rest is in the schema and in serving.json.
SHOWN_COLUMNS = 60
SHOWN_GROUPS = 80
SHOWN_INFLUENCES = 20
PICTURES = (
    ("roc", "ROC on the holdout, beside the rule."),
    ("calibration", "Predicted probabilities against the shares of positive labels."),
    ("confusion", "Decisions and labels on the holdout."),
    ("influence", "How much the log loss rises if the values of a column are shuffled."),
)
SOFTWARE = ("loan-training", "scikit-learn", "xgboost-cpu", "onnx", "onnxruntime", "skl2onnx", "numpy", "pandas")


@dataclass(frozen=True)
class RunFacts:
    """What the steps of a run found."""

    run_id: str
    registration: Registration
    schema: Schema
    recipe: Recipe
    seed: int
    dataset: dict[str, Any]
    comparison: dict[str, Any]
    fit: dict[str, Any]
    evaluation: dict[str, Any]
    # PNG files of the evaluation, by their names without ending.
    pictures: dict[str, bytes]


def build_card(facts: RunFacts, decision: Decision, notes: CardNotes | None) -> Card:
    """The same facts, decision and notes give the same card."""
    version = f"{facts.registration.model} version {facts.registration.version}"
    return Card(
        title=f"Model card of {version}",
        lead=f"{facts.schema.description} A probability of at least {facts.fit['threshold']:g} means "
        f"{facts.schema.decision.positive}.",
        sections=(
            _identity(facts, notes),
            _intended_use(notes),
            _limits(facts, notes),
            _oversight(notes),
            _data(facts, notes),
            _development(facts),
            _performance(facts),
            _groups(facts),
            _behaviour(facts),
            _promotion(facts, decision),
            _service(notes),
            _not_here(),
        ),
    )


def _identity(facts: RunFacts, notes: CardNotes | None) -> Section:
    registration = facts.registration
    rows = (
        ("model", registration.model),
        ("version", registration.version),
        ("digest of the files", registration.digest),
        ("training run", facts.run_id),
        ("schema", facts.schema.name),
        ("positive decision", facts.schema.decision.positive),
        ("negative decision", facts.schema.decision.negative),
        ("threshold", f"{facts.fit['threshold']:g}"),
        ("answers for the model", notes.owner if notes else "not stated"),
    )
    return Section("Identity", "AI Act Annex IV 1(a), 1(c); SR 26-2 model inventory", (Table(("fact", "value"), rows),))


def _intended_use(notes: CardNotes | None) -> Section:
    blocks: tuple[Block, ...] = _missing("the intended use")
    if notes is not None:
        blocks = (Paragraph(notes.intended_use),)
        if notes.not_for:
            blocks += (Paragraph("Not for:"), Points(notes.not_for))
    return Section("Intended use", "AI Act Annex IV 1(a), 2(b); SR 26-2 model use", blocks)


def _limits(facts: RunFacts, notes: CardNotes | None) -> Section:
    blocks: tuple[Block, ...] = (Points(notes.limits),) if notes else _missing("the known limits")
    return Section(
        "Limits", "AI Act Annex IV 3; SR 26-2 limitations", (*blocks, Paragraph("Measured:"), Points(_measured(facts)))
    )


def _measured(facts: RunFacts) -> tuple[str, ...]:
    evaluation, dataset = facts.evaluation, facts.dataset
    points = [f"The holdout has {dataset['holdout_rows']:,} rows, so its scores are uncertain by chance."]
    unmeasured = [name for name in evaluation["judged"] if name not in evaluation["four_fifths"]]
    if unmeasured:
        points.append(
            f"The four-fifths ratio of {', '.join(unmeasured)} is not measured: "
            f"two groups of {evaluation['fairness_minimum']} rows are needed."
        )
    conflicting = dataset["duplicates"]["conflicting"]
    if conflicting:
        points.append(f"{conflicting:,} rows are equal to another row with the other label.")
    if dataset["source"].startswith("synthetic:"):
        points.append("The model was trained on made-up rows. It must not decide about people.")
    return tuple(points)


def _oversight(notes: CardNotes | None) -> Section:
    blocks = (Paragraph(notes.oversight),) if notes else _missing("the human oversight")
    return Section("Human oversight", "AI Act Annex IV 2(e), 3, Article 14; SR 26-2 governance", blocks)


def _data(facts: RunFacts, notes: CardNotes | None) -> Section:
    dataset, schema = facts.dataset, facts.schema
    origin = notes.data_origin if notes else None
    rows = (
        ("source", dataset["source"]),
        ("SHA-256 of the rows", dataset["fingerprint"]),
        ("rows", f"{dataset['rows']:,}"),
        ("rows for training", f"{dataset['training_rows']:,}"),
        ("rows held out", f"{dataset['holdout_rows']:,}"),
        ("positive labels", f"{dataset['approved_share']:.1%}"),
        ("copies of other rows", f"{dataset['duplicates']['copies']:,}"),
        ("label", schema.label.column),
    )
    columns = tuple(_column(column) for column in schema.columns[:SHOWN_COLUMNS])
    more = len(schema.columns) - SHOWN_COLUMNS
    blocks: list[Block] = [Paragraph(origin)] if origin else list(_missing("the origin of the data"))
    blocks += [Table(("fact", "value"), rows), Table(("column", "kind", "use", "better", "unit"), columns)]
    if more > 0:
        blocks.append(Paragraph(f"{more:,} more columns are in the schema."))
    return Section("Data", "AI Act Annex IV 2(d); SR 26-2 data", tuple(blocks))


def _column(column: Column) -> tuple[str, ...]:
    if isinstance(column, Category):
        return (column.name, f"{len(column.values)} words", column.use, "", column.unit)
    kind = "code" if column.levels else f"{column.minimum:g} to {column.maximum:g}"
    return (column.name, kind, column.use, column.better or "", column.unit)


def _development(facts: RunFacts) -> Section:
    candidates = tuple(
        (
            one["family"],
            f"{one['log_loss']:.4f}",
            f"{one['auc']:.4f}",
            "yes" if one["monotone"] else "no",
            "chosen" if one["family"] == facts.comparison["chosen"] else "",
        )
        for one in facts.comparison["candidates"]
    )
    parameters = tuple((name, str(value)) for name, value in sorted(facts.recipe.parameters.items()))
    versions = tuple((name, _version_of(name)) for name in SOFTWARE)
    return Section(
        "How it was made",
        "AI Act Annex IV 2(a), 2(b), 2(c); SR 26-2 model development",
        (
            Paragraph(
                "Families were compared by cross-validation on log loss, among those that are monotone. "
                "The hyper-parameters of the chosen family were searched, the model was fitted to the training rows, "
                "and one graph from raw columns to probability was exported."
            ),
            Table(("family", "log loss", "AUC", "monotone", ""), candidates),
            Table(
                ("setting", "value"),
                (
                    ("seed", str(facts.seed)),
                    ("calibrated", "yes" if facts.recipe.calibrated else "no"),
                    ("rows fitted", f"{facts.fit['rows']:,}"),
                    *parameters,
                ),
            ),
            Table(("software", "version"), versions),
        ),
    )


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _performance(facts: RunFacts) -> Section:
    evaluation = facts.evaluation
    head = ("measured on", "of", *(name.replace("_", " ") for name in SCORES))
    rows = tuple(
        (title, facts.recipe.family if name == "model" else name, *_scores(evaluation[key][name]))
        for title, key in (("holdout", "holdout"), ("cross-validation", "cv"))
        for name in ("model", "rule", "majority")
        if name in evaluation[key]
    )
    tests = tuple(
        (f"better than the {name}", f"{test['p_value']:.4f}", f"{test['rows']:,}")
        for name in ("majority", "rule")
        if (test := evaluation["evidence"][name]) is not None
    )
    pictures = tuple(
        Picture(f"{name}.png", caption, facts.pictures[name]) for name, caption in PICTURES if name in facts.pictures
    )
    return Section(
        "Performance",
        "AI Act Annex IV 2(g), 3, 4; SR 26-2 outcomes analysis",
        (
            Table(head, rows),
            Paragraph(
                "The cross-validation is flattered a little, because the hyper-parameters were searched "
                "on some of its rows."
            ),
            Table(("test against chance", "p", "applications"), tests),
            *pictures,
        ),
    )


def _scores(values: dict[str, float]) -> tuple[str, ...]:
    scores = Scores(**values)
    return tuple(f"{getattr(scores, name):.4f}" for name in SCORES)


def _groups(facts: RunFacts) -> Section:
    evaluation = facts.evaluation
    ratios = tuple(
        (name, f"{evaluation['four_fifths'][name]:.3f}" if name in evaluation["four_fifths"] else "not measured")
        for name in evaluation["judged"]
    )
    groups = tuple(
        (
            one["column"],
            one["value"],
            f"{one['rows']:,}",
            f"{one['approval_rate']:.1%}",
            _rate(one["true_positive_rate"]),
            _rate(one["false_positive_rate"]),
        )
        for one in evaluation["groups"][:SHOWN_GROUPS]
    )
    protected = ", ".join(column.name for column in facts.schema.columns if column.use == "protected") or "none"
    return Section(
        "Groups and fairness",
        "AI Act Annex IV 2(g), 3; SR 26-2 outcomes analysis",
        (
            Paragraph(
                f"Protected columns, which no feature may use: {protected}. The ratio is the lowest approval rate over "
                f"the highest, among groups of at least {evaluation['fairness_minimum']} applications. "
                "Both are screens on rates, and neither proves that the model is fair."
            ),
            Table((f"four-fifths ratio, at least {FOUR_FIFTHS:g}", "value"), ratios),
            Table(("column", "group", "rows of the holdout", "approved", "true positives", "false positives"), groups),
        ),
    )


def _rate(value: float | None) -> str:
    return "no row" if value is None else f"{value:.1%}"


def _behaviour(facts: RunFacts) -> Section:
    monotonicity = facts.fit["monotonicity"]
    directions = ", ".join(
        f"{column.name} {column.better}" for column in facts.schema.numbers if column.better is not None
    )
    influence = sorted(facts.evaluation["influence"].items(), key=lambda one: -one[1])[:SHOWN_INFLUENCES]
    blocks: list[Block] = [
        Paragraph(
            f"All else equal, the probability never falls in these directions: {directions or 'none is stated'}. "
            f"Checked on the exported graph over {monotonicity['points']:,} points."
        ),
        Paragraph(f"The graph differs from the fitted model by {facts.fit['parity']:.1e} at most."),
        Table(
            ("column", "rise of the log loss if shuffled"), tuple((name, f"{value:.4f}") for name, value in influence)
        ),
    ]
    reasons = facts.schema.reasons
    if reasons is not None:
        rows = tuple((one.code, ", ".join(one.columns), one.message) for one in reasons.factors)
        blocks.append(Table(("reason", "columns", "message"), rows))
    return Section("Behaviour", "AI Act Annex IV 2(b), 2(g), Article 86; SR 26-2 conceptual soundness", tuple(blocks))


def _promotion(facts: RunFacts, decision: Decision) -> Section:
    tolerances = tuple((name.replace("_", " "), f"{value:g}") for name, value in TOLERANCES.items())
    return Section(
        "Promotion",
        "AI Act Annex IV 2(g), 6; SR 26-2 validation",
        (
            Paragraph(
                f"{'Promoted' if decision.promoted else 'Not promoted'} by the gate of training: {decision.reason}."
            ),
            Table(("score", "may be worse than the champion by"), tolerances),
            Paragraph(
                "The rollout proves the version again on live traffic: verification, shadow, canary and bake time. "
                "Its outcome, and who approved it, are in the audit record and in the status of the ModelDeployment."
            ),
        ),
    )


def _service(notes: CardNotes | None) -> Section:
    monitoring = notes.monitoring if notes else None
    blocks = (Paragraph(monitoring),) if monitoring else _missing("who watches the model in service")
    return Section("In service", "AI Act Annex IV 9, Article 72; SR 26-2 ongoing monitoring", blocks)


def _not_here() -> Section:
    return Section(
        "Not in this card",
        "AI Act Annex IV 1(b), 1(e), 2(h), 5, 7, 8",
        (
            Points(
                (
                    "Hardware, interfaces and cyber security: the documentation of the installation.",
                    "The risk management system, harmonised standards and the declaration of conformity: the provider.",
                    "Decisions in service: the output stream and the metrics.",
                )
            ),
        ),
    )


def _missing(what: str) -> tuple[Block, ...]:
    return (
        Paragraph(f"Nobody has written down {what}. Write it, and give the file by --card-notes.", is_warning=True),
    )
