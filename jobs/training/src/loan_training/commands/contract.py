"""The command `loan-training contract`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loan_training.data.shown_source import shown_source
from loan_training.options import MODEL_SIGNING_KEY_OPTION, TRACKING_URI_HELP, reading_options, take_reading
from loan_training.refusals import refusals

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from loan_training.foreign.document import Decision
    from loan_training.foreign.output import GraphOutput
    from loan_training.schema.schema import Schema


DEFAULT_THRESHOLD = 0.5


class Words(click.ParamType):
    """Words that are separated by commas."""

    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


@click.command(short_help="Write and check serving.json for a model that was not trained here.")
@click.option(
    "--model",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="ONNX graph with one input [N, 1] for each field, or with one matrix of all fields.",
)
@click.option("--schema", default=None, help="Schema file with the rules of the fields.")
@click.option(
    "--data", default=None, help="CSV or Parquet with typical rows: a path or a URL. Other columns are ignored."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    show_default="serving.json beside the graph",
    help="File to write.",
)
@click.option(
    "--fields",
    type=Words(),
    default=None,
    show_default="the columns of the schema or of the data, if there are as many",
    help="Fields of a graph that takes one matrix, in the order of its columns.",
)
@click.option(
    "--missing-category",
    type=click.Choice(["nan", "code"]),
    default="nan",
    show_default=True,
    help="A missing category in the matrix: NaN, or the number of the field's values.",
)
@click.option("--output-name", default=None, help="Graph output with the probability, if the graph has several.")
@click.option(
    "--output-classes", type=Words(), default=None, help="Class of each column of an output [N, 2], such as no,yes."
)
@click.option("--decision-name", default=None, show_default="the schema's, or approved", help="Key of the decision.")
@click.option(
    "--positive-class",
    default=None,
    show_default="the schema's, the second of --output-classes, or yes",
    help="Class whose probability the graph gives.",
)
@click.option(
    "--negative-class",
    default=None,
    show_default="the schema's, the first of --output-classes, or no",
    help="Other class.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=None,
    show_default="the schema's, or 0.5",
    help="The decision is positive from this probability on.",
)
@click.option(
    "--groups", type=Words(), default=None, show_default="the schema's", help="Fields by which decisions are counted."
)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Seed of the made-up rows.")
@reading_options
@click.option("--log", is_flag=True, help="Log graph and contract to MLflow, register them, and move --alias.")
@click.option("--model-name", default=None, help="Registered model. Required with --log.")
@click.option("--alias", default="challenger", show_default=True, help="Alias to move to the new version.")
@click.option("--experiment", default=None, show_default="the name of the model", help="MLflow experiment.")
@click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    default="http://127.0.0.1:5000",
    show_default=True,
    show_envvar=True,
    help=TRACKING_URI_HELP,
)
@MODEL_SIGNING_KEY_OPTION
def contract(
    model: Path,
    schema: str | None,
    data: str | None,
    output: Path | None,
    fields: list[str] | None,
    missing_category: str,
    output_name: str | None,
    output_classes: list[str] | None,
    groups: list[str] | None,
    seed: int,
    log: bool,
    model_name: str | None,
    alias: str,
    experiment: str | None,
    tracking_uri: str,
    model_signing_key: Path | None,
    **options: Any,
) -> None:
    """Write serving.json for an ONNX graph, and check both as a server does.

    A graph with an input for each field gets version 1. A graph that takes one matrix of numbers gets version 2: a
    category is then its place among the field's values, from 0.

    The rules of the fields come from --schema, or else from the values in --data. Golden samples and background are
    made up: values of each field are drawn on their own, so no row is a person's.
    """
    if schema is None and data is None:
        raise click.UsageError("--schema or --data is needed: one of them says which values a field may have")
    if log and model_name is None:
        raise click.UsageError("--log needs --model-name")
    with refusals():
        from loan_training.artifact.digest import SERVING_FILE
        from loan_training.errors import ModelRefused
        from loan_training.foreign.document import build_document, write_document
        from loan_training.foreign.fields import fields_of
        from loan_training.foreign.matrix_fields import known_names, matrix_fields, takes_a_matrix
        from loan_training.foreign.open_questions import open_questions
        from loan_training.foreign.output import find_output
        from loan_training.schema.document import load_schema
        from loan_training.scoring.graph_file import open_graph

        signing_key = _signing_key(model_signing_key if log else None)
        reading = take_reading(options)
        known = None if schema is None else load_schema(schema)
        table = None
        if data is not None:
            from loan_training.data.reader import read_table
            from loan_training.data.source import read_file

            table = read_table(read_file(data, reading.maximum_bytes), shown_source(data), reading)
        graph = open_graph(model)
        found = find_output(graph, output_name, output_classes)
        inputs, name = graph.session.get_inputs(), shown_source(data or "")
        encoding = None
        if takes_a_matrix(inputs, known_names(known, table), fields):
            described = matrix_fields(inputs[0], fields, known, table, name)
            encoding = {"input": inputs[0].name, "missingCategory": missing_category}
        elif fields is not None:
            raise ModelRefused(
                f"--fields is for a graph that takes one matrix, and this graph has the inputs "
                f"{', '.join(one.name for one in inputs)}"
            )
        else:
            described = fields_of(inputs, known, table, name)
        words = {one.field["name"] for one in described if one.field["type"] == "string"}
        watched = [name for name in (known.watched if known else ()) if name in words] if groups is None else groups
        decision = _decision(found, known, options)
        document = build_document(graph.session, found, decision, described, known, watched, seed, encoding)
        path = output or model.with_name(SERVING_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_document(document))
        click.echo(f"{path}: {len(described)} fields, {len(document['golden'])} golden samples match")
        for line in open_questions(described, encoding is not None, known is not None):
            click.echo(f"decide: {line}")
        if log:
            from loan_training.foreign.registration import register_files
            from loan_training.scoring.model_source import graph_files

            files = graph_files(model) | {SERVING_FILE: write_document(document)}
            made = register_files(files, tracking_uri, model_name, experiment or model_name, alias, signing_key)
            click.echo(f"{made.model} version {made.version}, {made.digest}, alias {alias}")


def _signing_key(path: Path | None) -> EllipticCurvePrivateKey | None:
    if path is None:
        return None
    from loan_training.signing.key import read_signing_key

    return read_signing_key(path)


def _decision(found: GraphOutput, schema: Schema | None, options: dict[str, Any]) -> Decision:
    from loan_training.errors import SchemaRefused
    from loan_training.foreign.document import Decision
    from loan_training.selection.threshold import stated_threshold

    rule = None if schema is None else schema.decision
    negative, positive = found.classes or ("no", "yes")
    threshold = options["threshold"] or (stated_threshold(rule.threshold) if rule else DEFAULT_THRESHOLD)
    if threshold is None:
        raise SchemaRefused(
            "decision.threshold: approvalRate depends on the rows that the model was fitted on; give --threshold"
        )
    return Decision(
        options["decision_name"] or (rule.name if rule else "approved"),
        options["positive_class"] or (rule.positive if rule else positive),
        options["negative_class"] or (rule.negative if rule else negative),
        threshold,
    )
