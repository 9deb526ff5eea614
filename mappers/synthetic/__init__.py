"""Seeded synthetic claims: realistic Vietnamese persons and visits as envelopes of QĐ 4750 (tables XML1-XML5).

No row comes from a real person. The same arguments give the same bytes on every machine.
"""

from mappers.synthetic.defects import KINDS as DEFECT_KINDS
from mappers.synthetic.defects import Defect
from mappers.synthetic.generator import START, Envelope, generate

__all__ = ["DEFECT_KINDS", "START", "Defect", "Envelope", "generate"]
