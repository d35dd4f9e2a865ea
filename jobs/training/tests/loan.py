"""The bundled schema, which the tests train with."""

from loan_training.schema.document import load_schema

LOAN = load_schema("loan-eligibility")
NAMES = LOAN.names
LABEL = LOAN.label.column
