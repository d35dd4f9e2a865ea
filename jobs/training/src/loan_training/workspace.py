"""The directory in which the steps hand on their results, each in a file of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from loan_training.data.dataset import Dataset, parse
from loan_training.errors import TrainingError
from loan_training.model.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from loan_training.schema.schema import Schema


class Workspace:
    def __init__(self, root: Path, schema: Schema) -> None:
        self.root = root
        self._schema = schema
        root.mkdir(parents=True, exist_ok=True)

    def write_dataset(self, name: str, dataset: Dataset) -> None:
        self.write_bytes(f"{name}.csv", dataset.to_csv().encode())

    def read_dataset(self, name: str) -> Dataset:
        return parse(self.read_bytes(f"{name}.csv"), f"{name}.csv", self._schema, minimum_rows_per_label=1)

    def write_recipe(self, recipe: Recipe) -> None:
        self.write_json("recipe", recipe)

    def read_recipe(self) -> Recipe:
        return Recipe(**self.read_json("recipe"))

    def write_json(self, name: str, value: object) -> None:
        plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        self.write_bytes(f"{name}.json", (json.dumps(plain, indent=2) + "\n").encode())

    def read_json(self, name: str) -> dict[str, Any]:
        return json.loads(self.read_bytes(f"{name}.json"))

    def write_bytes(self, name: str, content: bytes) -> None:
        """Writes the whole file or none, so that a step that is tried again never reads half a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def read_bytes(self, name: str) -> bytes:
        path = self.root / name
        if not path.is_file():
            raise TrainingError(f"{path} does not exist: run the earlier steps first, with the same --work-dir")
        return path.read_bytes()
