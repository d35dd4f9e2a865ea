"""Reads a schema file: YAML, checked by training-schema.json."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from loan_training.errors import SchemaRefused
from loan_training.schema.build import build
from loan_training.schema.checks import problems

if TYPE_CHECKING:
    from loan_training.schema.schema import Schema

BUNDLED = ("loan-eligibility",)
MAXIMUM_BYTES = 4 * 1024 * 1024
SHOWN_PROBLEMS = 10
SHOWN_CHARACTERS = 300


def load_schema(source: str) -> Schema:
    """The schema in a file, or a bundled schema by its name. Raises SchemaRefused, which names place and rule."""
    if source in BUNDLED:
        return _bundled(source)
    path = Path(source)
    if not path.is_file():
        raise SchemaRefused(f"{source}: no such schema file; --schema takes a YAML file or {', '.join(BUNDLED)}")
    with path.open("rb") as file:
        content = file.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        raise SchemaRefused(f"{source}: larger than the {MAXIMUM_BYTES} bytes allowed")
    return parse_schema(content, source)


def parse_schema(content: bytes, name: str) -> Schema:
    """The schema in YAML text. `name` is the file's name in messages."""
    try:
        document = read_yaml(content)
    except ValueError as error:
        raise SchemaRefused(f"{name}: {error}") from error
    validator = jsonschema.Draft202012Validator(training_schema())
    faults = [described(error) for error in validator.iter_errors(document)]
    if not faults:
        schema = build(document)
        faults = problems(schema)
        if not faults:
            return schema
    shown = "\n".join(f"{name}: {fault}" for fault in faults[:SHOWN_PROBLEMS])
    more = len(faults) - SHOWN_PROBLEMS
    raise SchemaRefused(shown + (f"\n{name}: and {more} more faults" if more > 0 else ""))


def read_yaml(content: bytes) -> Any:
    """Raises ValueError, which says why the content is not YAML. A date of month 13 makes YAML raise others too."""
    try:
        return yaml.load(content, Loader=UniqueKeys)
    except (yaml.YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a YAML file: {' '.join(str(error).split())[:300]}") from error


@cache
def training_schema() -> dict[str, Any]:
    """The JSON Schema of a schema file."""
    return json.loads(resources.files(__package__).joinpath("training-schema.json").read_text("utf-8"))


@cache
def _bundled(name: str) -> Schema:
    return parse_schema(resources.files(__package__).joinpath(f"{name}.yaml").read_bytes(), f"{name}.yaml")


class UniqueKeys(yaml.SafeLoader):
    """Refuses a key that a mapping has twice, and the anchors with which a small file becomes a large document."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.constructor.ConstructorError(None, None, "an alias (*name) is not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            word = self.construct_object(key, deep=True)
            if not isinstance(word, str):
                rule = f"the key {word!r} is not text: put it in quotes"
                raise yaml.constructor.ConstructorError(None, None, rule, key.start_mark)
            if word in seen:
                rule = f"the key {word!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, rule, key.start_mark)
            seen.add(word)
        return super().construct_mapping(node, deep)


def described(error: jsonschema.ValidationError) -> str:
    """A fault with its place. Of several alternatives, the fault of the one that fits best."""
    if error.context:
        error = jsonschema.exceptions.best_match([error])
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    hint = ""
    if isinstance(error.instance, bool):
        hint = " (YAML reads an unquoted Yes, No, on or off as true or false: put the word in quotes)"
    return f"{place or 'the file'}: {_shortened(error)}{hint}"


def _shortened(error: jsonschema.ValidationError) -> str:
    """The message. A long value is cut, so that the rule at the end of the message is still there."""
    message = error.message
    half = SHOWN_CHARACTERS // 2
    return message if len(message) <= SHOWN_CHARACTERS else f"{message[:half]} … {message[-half:]}"
