"""Errors of this package. Their text is for people and never holds personal values."""

import errno
import traceback
from pathlib import Path

import psycopg


class IngestionError(Exception):
    """The machine's or our own fault: the database, the disk, a broken installation."""


class RequestError(IngestionError):
    """Asked for something that cannot be done: says what can."""


class ContractError(IngestionError):
    """A contract file says something impossible: names the file, the place and what to write."""


class SourceError(IngestionError):
    """A system deliveries are fetched from cannot be asked, or answers what cannot be used. Nothing was delivered."""


class DeliveryFault(Exception):
    """The whole delivery is refused; nothing of it is landed.

    reason_code: short and stable, for counting (``checksum``, ``row_count``, ``encoding`` ...).
    reason: one clear sentence for the sender, without any value from inside the file.
    """

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason


# What a person reads before the sentence, by reason code.
REFUSALS_ZH = {
    "checksum": "文件摘要与清单不符", "row_count": "行数与所报不符", "control_total": "金额合计与清单不符",
    "encoding": "编码与约定不符", "file_missing": "文件不在或打不开", "file_unreadable": "文件读不了",
    "future_date": "业务日期尚未到", "line_too_long": "有一行过长", "manifest_invalid": "清单文件有误",
    "missing_column": "缺少列", "unknown_column": "有不认识的列", "overlapping_validity": "有效期重叠",
    "same_id_other_content": "交付编号已用于别的内容", "same_sequence": "序号已用于另一份交付",
    "too_large": "文件过大", "unknown_feed": "没有这个来源的契约", "unknown_layout_version": "版式版本不认识",
    "unsafe_path": "不是普通文件", "unsafe_workbook": "工作簿读不了或不安全", "database_refused": "内容存不进数据库",
    "sheet_missing": "缺少工作表", "several_sheets": "有多个工作表", "merged_header": "表头有合并单元格",
    "unreadable_file": "文件读不了", "unforeseen": "未能收下，请报告", "name_invalid": "文件名有误",
    "total_missing": "缺少合计行", "header_is_data": "首行是数据，不是文件头", "unread_list": "另有一个列表未读",
    "too_many_versions": "更正次数过多", "second_table": "文件中另有一张表",
}  # fmt: skip

# Of a machine that can take in no delivery: full, read-only, without descriptors.
MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EMFILE, errno.ENFILE)
# SQLSTATE classes of data, of integrity and of the limits of a row or an entry: what a delivery holds.
ERRORS_OF_DATA = ("22", "23", "54")


def fault_of(subject: str, error: Exception) -> DeliveryFault | IngestionError:
    """What an exception met with one delivery is: its refusal, or, where the machine or the database
    would fail with any other too, an error that stops the landing. Only its kind and place are told.
    Raises a missing right as it is."""
    if isinstance(error, (DeliveryFault, IngestionError)):
        return error
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        raise error  # of the login, not of the delivery: whoever asked says which right, and who gives it
    if isinstance(error, psycopg.Error):
        kind = f"{type(error).__name__}, SQLSTATE {error.sqlstate or 'none'}"
        if (error.sqlstate or "").startswith(ERRORS_OF_DATA):
            return DeliveryFault(
                "database_refused",
                f"{subject}: the database does not take what it holds ({kind}). Nothing was loaded.",
            )
        return IngestionError(
            "数据库出错，这份交付未落地，排除后请再运行。 "
            f"{subject}: the database failed ({kind}). "
            "Nothing of this delivery was landed; run again once the cause is mended."
        )
    if isinstance(error, OSError):
        if error.errno in MACHINE_ERRORS:
            return IngestionError(
                f"本机出错，未落地。 {subject}: the machine failed ({error.strerror}). Nothing was landed."
            )
        return DeliveryFault(
            "file_unreadable",
            f"{subject}: could not be read ({error.strerror}). Correct its rights, or send it again. "
            "Nothing was loaded.",
        )
    if isinstance(error, MemoryError):
        return DeliveryFault(
            "too_large",
            f"{subject}: needs more memory than there is. Send it as several smaller files. Nothing was loaded.",
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    return DeliveryFault(
        "unforeseen",
        f"{subject}: could not be taken in ({type(error).__name__} at {Path(place.filename).name}:{place.lineno}). "
        "Report this sentence. Nothing was loaded.",
    )
