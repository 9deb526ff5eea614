"""Bulk work: loading and mapping source files, exporting the store. https://hl7.org/fhir/uv/bulkdata/"""
