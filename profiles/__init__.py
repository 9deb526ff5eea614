"""Profiles and validation of any resource against them. https://hl7.org/fhir/R4/profiling.html"""
