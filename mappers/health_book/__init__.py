"""The electronic health book (sổ sức khỏe điện tử): a person's resources as one FHIR document.

Groups follow article 2 paragraph 3 of QĐ 31/QĐ-BYT. https://hl7.org/fhir/R4/documents.html
"""

from mappers.health_book.document import build
from mappers.health_book.text import render_text

__all__ = ["build", "render_text"]
