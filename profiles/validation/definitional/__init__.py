"""Rules inside resources that define others: code systems, value sets, maps, questionnaires, structures.

https://hl7.org/fhir/R4/conformance-module.html
"""
