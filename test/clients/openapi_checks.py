"""Holds that a file is an OpenAPI 3.1 document: `python openapi_checks.py document.json`."""

import json
import sys
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
if errors:
    sys.exit("\n".join(errors))
