"""What the writing of tables has to say. Ids are permanent."""

from conformance.issues import Message, Severity

_E = Severity.ERROR

NO_PARQUET = Message(
    "BLK-6701",
    _E,
    "not-supported",
    "Parquet is not written here: install the package with its extra, pip install 'vn-fhir-server[parquet]'.",
    "Máy chủ này chưa ghi được Parquet: hãy cài thêm, pip install 'vn-fhir-server[parquet]'.",
)
NOT_OF_TYPE = Message(
    "BLK-6702",
    _E,
    "value",
    "Column {column!r} is of type {type}, but a row has {value!r}.",
    "Cột {column!r} có kiểu {type}, nhưng một dòng có {value!r}.",
)
