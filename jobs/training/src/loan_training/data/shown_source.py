"""The name of a data source in messages, logs and MLflow."""

from __future__ import annotations


def shown_source(source: str) -> str:
    """A URL without its query, which may hold a signature, and without a user's password. A path stays as it is."""
    if "://" not in source:
        return source
    scheme, _, rest = source.split("?", 1)[0].split("#", 1)[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
