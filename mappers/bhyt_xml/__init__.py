"""Insurance claims of Vietnam (QĐ 4750/QĐ-BYT, envelope GIAMDINHHS, tables XML1-XML5) -> FHIR R4.

``schema`` says what the source looks like, ``extract`` reads it, ``check`` applies its rules, ``transform`` makes the
resources. Nothing is silently dropped: what cannot be used is reported with file, table, row and field, and the raw
bytes of every claim stay in its unit.
"""

from mappers.bhyt_xml.mapper import BhytXml

BHYT_XML = BhytXml()

__all__ = ["BHYT_XML", "BhytXml"]
