"""Made-up schemas with random rows, which tests of the features and of their checks share."""

import numpy as np
import pandas as pd
import yaml

from loan_training.data.dataset import Dataset
from loan_training.schema.document import parse_schema

ODD_NAMES = ("annual income", 'it\'s "owed"', "Einkünfte", "収入", "features", "codes", "one", "total", "money", "x/1")


def made_schema(columns, derived=(), features=None, **others):
    document = {
        "name": "made-up",
        "label": {"column": "label", "positive": ["1"], "negative": ["0"]},
        "decision": {"name": "approved", "positive": "Yes", "negative": "No", "threshold": 0.5},
        "columns": list(columns),
        "derived": list(derived),
        **({} if features is None else {"features": list(features)}),
        **others,
    }
    return parse_schema(yaml.safe_dump(document, allow_unicode=True).encode(), "made-up.yaml")


def number(name, minimum=0, maximum=1000, **others):
    return {"name": name, "type": "number", "minimum": minimum, "maximum": maximum, **others}


def category(name, values=("a", "b", "c"), **others):
    return {"name": name, "type": "category", "values": list(values), **others}


def random_rows(schema, random, rows=60, missing=0.2):
    """Values that the schema allows, some of them missing."""
    frame = {}
    for column in schema.columns:
        gaps = random.random(rows) < missing
        if column in schema.categories:
            frame[column.name] = np.where(gaps, "", random.choice(np.array(column.values, dtype=object), rows))
            continue
        values = random.choice(column.levels, rows) if column.levels else _plain(column, random, rows)
        frame[column.name] = np.where(gaps, np.nan, values)
    return pd.DataFrame({name: pd.Series(list(values)) for name, values in frame.items()})


def _plain(column, random, rows):
    return random.uniform(column.minimum, column.maximum, rows).astype(np.float32).astype(np.float64)


def random_dataset(schema, random, rows=200):
    frame = random_rows(schema, random, rows)
    return Dataset(frame, (random.random(rows) < 0.6).astype(np.int64), schema)
