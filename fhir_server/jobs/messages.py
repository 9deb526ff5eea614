"""What jobs have to say. Ids are permanent."""

from conformance.issues import Message, Severity

NO_JOB = Message(
    "BLK-6301",
    Severity.ERROR,
    "not-found",
    "There is no job {id} (any more).",
    "Không có (hoặc không còn) công việc {id}.",
)
FINISHED = Message(
    "BLK-6302",
    Severity.ERROR,
    "conflict",
    "The job {id} has ended already ({state}).",
    "Công việc {id} đã kết thúc ({state}).",
)
BROKEN = Message(
    "BLK-6303",
    Severity.FATAL,
    "exception",
    "The job failed by a fault of the server, which is in its log: {error}.",
    "Công việc thất bại do lỗi của máy chủ, đã ghi nhật ký: {error}.",
)
GIVEN_UP = Message(
    "BLK-6304",
    Severity.FATAL,
    "exception",
    "The job was given up: {tries} workers in turn ended without a checkpoint.",
    "Đã bỏ công việc: {tries} tiến trình lần lượt dừng mà không ghi được điểm lưu nào.",
)
UNKNOWN_KIND = Message(
    "BLK-6305",
    Severity.ERROR,
    "not-supported",
    "No worker does jobs of kind {kind}.",
    "Không có loại công việc {kind}.",
)
TOO_MANY_JOBS = Message(
    "BLK-6306",
    Severity.ERROR,
    "throttled",
    "{count} jobs are not at their end yet, of {limit} that may be; please try again in {seconds} seconds.",
    "Còn {count} công việc chưa xong, trong khi chỉ được {limit}; xin thử lại sau {seconds} giây.",
)
TOO_OFTEN = Message(
    "BLK-6307",
    Severity.ERROR,
    "throttled",
    "The status is asked for too often; please ask again in {seconds} seconds, as Retry-After says.",
    "Hỏi trạng thái quá thường xuyên; xin hỏi lại sau {seconds} giây như Retry-After đã nêu.",
)
