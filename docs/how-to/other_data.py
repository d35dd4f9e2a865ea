"""Writes a made-up file of 1,500 loan applications with names and units of its own, for train-on-other-data.md."""

import csv
import random
import sys

draw = random.Random(3)
out = csv.writer(sys.stdout)
out.writerow(
    ["loan_id", " no_of_dependents", " education", " self_employed", " income_annum", " loan_amount", " loan_term"]
    + [" cibil_score", " assets_value", " loan_status"]
)
for row in range(1500):
    income = draw.randint(2, 99) * 100_000
    loan = round(income * draw.uniform(1, 4), -5)
    score = draw.randint(300, 900)
    odds = (score - 560) / 60 - (loan / income - 2.5) + draw.gauss(0, 1)
    out.writerow(
        [row + 1, f" {draw.randint(0, 5)}", draw.choice([" Graduate", " Not Graduate"]), draw.choice([" Yes", " No"])]
        + [f" {income}", f" {loan:.0f}", f" {draw.choice([2, 4, 8, 12, 16, 20])}", f" {score}"]
        + [f" {round(income * draw.uniform(0, 9), -5):.0f}", " Approved" if odds > 0 else " Rejected"]
    )
