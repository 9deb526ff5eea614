"""Validation of resources: ``Validator(definitions, value_sets).validate(resource)`` gives a list of issues."""

from profiles.validation.validator import Validator

__all__ = ["Validator"]
