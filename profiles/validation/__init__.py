"""Validation of resources: ``Validator(definitions, value_sets).validate(resource)`` gives a list of issues."""

from profiles.validation.options import Options
from profiles.validation.sources import merged, placed
from profiles.validation.validator import Validator

__all__ = ["Options", "Validator", "merged", "placed"]
