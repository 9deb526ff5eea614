"""Bulk import: files of resources, one a line, into a store, as a job that survives the process that does it."""
