"""How many cases a property test makes: few in a normal run, more if PROPERTY_CASES says so."""

import os


def property_cases(normal):
    return int(os.environ.get("PROPERTY_CASES", normal))
