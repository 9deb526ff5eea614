"""Bytes -> source records. Bad data is never raised: it is reported with its place, and the rest is read."""
