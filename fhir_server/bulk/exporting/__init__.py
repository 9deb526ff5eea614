"""Bulk Data export: from a request to files. https://hl7.org/fhir/uv/bulkdata/export.html"""
