"""Versions of a file that comes without a manifest: the same content again is nothing new, other content
under its name follows what was landed before."""

from dataclasses import replace

import psycopg

from ingestion import ledger
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.layout import MOST_VERSIONS


def as_next_version(connection: psycopg.Connection, delivery: Delivery) -> Delivery:
    """The delivery as it follows what the ledger holds of its file; the same where it is the latest.

    A file that is known by its name is corrected by one of the same name; of a reference feed there is but
    one file. Content that comes back after another version is a new delivery: its id gets the sequence
    number. Raises DeliveryFault where no number is left.
    """
    file_name = None if delivery.kind is None else delivery.file_name
    latest = ledger.latest_version(connection, delivery.feed, delivery.sha256, file_name)
    if latest is None:
        return delivery
    if latest.sha256 == delivery.sha256:
        return replace(
            delivery,
            delivery_id=latest.delivery_id,
            business_date=latest.business_date,
            sequence_no=latest.sequence_no,
        )
    sequence_no = latest.sequence_no + 1
    if delivery.kind is not None and sequence_no % MOST_VERSIONS == 0:
        raise DeliveryFault(
            "too_many_versions",
            f"{delivery.file_name}: was corrected {MOST_VERSIONS - 2} times. Have it sent under another name. "
            "Nothing was loaded.",
        )
    delivery_id = delivery.delivery_id
    if ledger.find(connection, delivery_id) is not None:
        delivery_id = f"{delivery_id}_{sequence_no}"
    return replace(
        delivery,
        delivery_id=delivery_id,
        business_date=max(delivery.business_date, latest.business_date),
        sequence_no=sequence_no,
    )
