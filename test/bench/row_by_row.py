"""Scores each record by itself with pandas and scikit-learn, as the predecessor of this project did.

`row_by_row.py <MLflow model directory>` reads one record a line from standard input.
It prints `{"records": n, "cpuSeconds": s}`. The CPU time includes neither the loading of the model nor the warm-up.
"""

from __future__ import annotations

import json
import sys
import time

import mlflow
import pandas as pd

WARM_UP_RECORDS = 50


def main(directory: str) -> None:
    model = mlflow.sklearn.load_model(directory)
    lines = sys.stdin.read().splitlines()
    for line in lines[:WARM_UP_RECORDS]:
        decide(model, line)
    before = time.process_time()
    for line in lines:
        decide(model, line)
    print(json.dumps({"records": len(lines), "cpuSeconds": time.process_time() - before}))


def decide(model: object, line: str) -> str:
    record = json.loads(line)
    approved = model.predict(pd.DataFrame([record["input"]]))[0]
    return json.dumps({"approved": str(approved), "request_id": record["request_id"]})


if __name__ == "__main__":
    main(sys.argv[1])
