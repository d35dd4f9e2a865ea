"""Names of columns: as a schema writes them, and what they say about the column."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from loan_training.errors import DataRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

MAXIMUM_LENGTH = 128
# Characteristics that lending law protects in many countries.
_PROTECTED = frozenset(
    {
        *("gender", "sex", "sexe", "sexo", "geschlecht", "married", "marriage", "marital", "spouse", "age", "ages"),
        *("birth", "birthday", "birthdate", "dob", "dependents", "dependants", "dependent", "dependant", "children"),
        *("race", "ethnicity", "ethnic", "religion", "religious", "nationality", "citizenship", "foreign"),
        *("disability", "disabled", "pregnant", "edad", "idade", "alter"),
    }
)
# Parts of names that are written without separators, such as maritalstatus.
_PROTECTED_PARTS = ("marital", "gender", "religio", "ethnic", "nationality", "dependents", "dependants")
_IDENTIFIER = frozenset({"id", "ids", "uuid", "guid", "key", "index", "reference", "ref", "unnamed", "rowid"})
_LABEL = (
    *("loan_status", "loanstatus", "loan_approved", "approved", "approval", "is_approved", "approval_status"),
    *("target", "label", "default", "defaulted", "is_default", "default_payment_next_month", "loan_default"),
    *("bad_flag", "bad", "good_bad", "class", "outcome", "decision", "result", "status", "churn", "risk", "y"),
    *("creditability", "serious_dlqin2yrs", "seriousdlqin2yrs", "not_fully_paid", "repaid"),
)
_BAD_OUTCOME = frozenset({"default", "defaulted", "bad", "churn", "fraud", "delinquent", "dlqin2yrs", "risk", "not"})


def tokens(header: str) -> tuple[str, ...]:
    """The words of a name, in lower case: "NumberOf_Dependents" has number, of, dependents."""
    plain = unicodedata.normalize("NFKD", header)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+", plain))


def is_protected(header: str) -> bool:
    words = tokens(header)
    joined = "".join(words)
    return any(word in _PROTECTED for word in words) or any(part in joined for part in _PROTECTED_PARTS)


def is_identifier(header: str) -> bool:
    """The name ends like an identifier's, or is that of an index."""
    words = tokens(header)
    return bool(words) and (words[-1] in _IDENTIFIER or words[0] in ("unnamed", "uuid") or "".join(words) == "loanid")


def label_rank(header: str) -> int | None:
    """How likely the name is that of the outcome: 0 is most likely. None: the name does not say so."""
    name = "_".join(tokens(header))
    for rank, known in enumerate(_LABEL):
        if name in (known, known.replace("_", "")):
            return rank
    return len(_LABEL) if "default" in tokens(header) else None


def is_bad_outcome(header: str) -> bool:
    """The label names what the lender does not want, so 1 or yes is the negative class."""
    return any(word in _BAD_OUTCOME or "dlqin" in word for word in tokens(header))


def schema_names(headers: Sequence[str], name: str) -> dict[str, str]:
    """Header to the name in the schema, in letters, digits and _. Raises DataRefused for a name that is too long."""
    stripped = [header.strip() for header in headers]
    for one in stripped:
        if len(one) > MAXIMUM_LENGTH:
            raise DataRefused(
                f"{name}: header: the name {one[:40]!r}… has {len(one)} characters; rule: at most {MAXIMUM_LENGTH}; "
                "shorten it"
            )
    taken = set(stripped)
    found: dict[str, str] = {}
    for header, plain in zip(headers, stripped, strict=True):
        tidy = re.sub(r"\W+", "_", unicodedata.normalize("NFC", plain)).strip("_")
        # A graph has other values with these names.
        if tidy.lower() in _IN_GRAPH:
            tidy = f"{tidy}_value"
        # Another column may have the tidy name already. Then this column keeps its own.
        chosen = tidy if tidy and (tidy == plain or tidy not in taken) else plain
        taken.add(chosen)
        found[header] = chosen
    return found


_IN_GRAPH = frozenset({"probability", "label", "output", "input"})
