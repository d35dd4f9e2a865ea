"""Drafts a schema from a data file. A person decides what the draft leaves open."""
