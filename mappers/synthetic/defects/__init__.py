"""Planted defects: what real claim files get wrong, each with the place and the rule that a mapper should report."""

from mappers.synthetic.defects.planting import KINDS, Defect, plant

__all__ = ["KINDS", "Defect", "plant"]
