"""Checks of a profile's snapshot, made beside those of the type. https://hl7.org/fhir/R4/profiling.html"""
