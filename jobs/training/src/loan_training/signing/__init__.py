"""Signatures: keys, envelopes, and the bundle that signs the files of a model."""
