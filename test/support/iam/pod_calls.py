"""The calls to S3 of the training job and of the job that scores a file, made by the code of these jobs.

pod_calls.py training DATA
pod_calls.py scoring MODEL INPUT OUTPUT LARGE_OUTPUT...
pod_calls.py external-secrets SECRET    stands in for External Secrets, which is not ours
"""

import sys

import boto3

from loan_training.cli import cli
from loan_training.data.source import read_source
from loan_training.errors import DataRefused
from loan_training.schema.document import load_schema
from loan_training.scoring.destination import open_output

LIMIT = 64 * 1024 * 1024
# boto3 uploads a file in parts if it has 8 MiB or more.
IN_PARTS = 20 * 1024 * 1024


def training(data: str) -> None:
    print(len(read_source(data, LIMIT, load_schema("loan-eligibility"))))


def scoring(model: str, data: str, output: str, *large: str) -> None:
    cli.main(("score", "--model-uri", model, "--data", data, "--output", output), standalone_mode=False)
    for place in large:
        try:
            with open_output(place) as file:
                file.write(b"x" * IN_PARTS)
            print(f"stored {place}")
        except DataRefused as refusal:
            print(f"refused {refusal}")


def external_secrets(secret: str) -> None:
    boto3.client("secretsmanager").get_secret_value(SecretId=secret)
    print("read")


{"training": training, "scoring": scoring, "external-secrets": external_secrets}[sys.argv[1]](*sys.argv[2:])
