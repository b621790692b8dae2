"""What is due on the officers' desk, by mail to each who has an address; counts alone, no finding and no person."""

import logging
import smtplib

from warehouse.alerting.notify import mail
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import settings

LOGGER = logging.getLogger("minzheng.alerts")
SUBJECT = "[民政核对工作台] 到期提醒"
COUNTED = {"overdue": "逾期 {} 条", "due_soon": "即将到期 {} 条", "escalated": "本区划他人逾期 {} 条"}


def remind(warehouse: Warehouse) -> tuple[int, int]:
    """How many were reminded, and of how many the mail was not taken. Raises UsageError where none can be sent."""
    if not settings().alert_smtp_host:
        raise UsageError(
            "没有设置邮件服务器（MINZHENG_ALERT_SMTP_HOST）。 No mail server is set (MINZHENG_ALERT_SMTP_HOST)."
        )
    with warehouse.connect() as connection:
        due = connection.execute("select * from api_v1.officer_reminders()").fetchall()
    failed = 0
    for name, address, *counts in due:
        told = "，".join(
            words.format(count) for words, count in zip(COUNTED.values(), counts, strict=True) if count
        )
        text = "\n".join(filter(None, (f"{name}：您在工作台的疑点 {told}。", settings().desk_address)))
        try:
            mail([address], SUBJECT, text)
        except (smtplib.SMTPException, OSError) as error:  # neither the address nor the server's words
            failed += 1
            LOGGER.warning("A reminder could not be sent (%s).", type(error).__name__)
    return len(due) - failed, failed
