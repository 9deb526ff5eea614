"""Exports of the rows of views, as jobs. https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html"""
