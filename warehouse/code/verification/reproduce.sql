-- An answer made again, at its own generation or another.
create or replace function verification.reproduce(report_no text, at_generation integer) returns jsonb
language sql stable as $$
select verification.part(
    log.operation,
    verification.content(
        log.request, verification.identify(log.request, $2), $2, log.asked_on, log.open_feeds
    )
)
from audit.verification_log as log
where log.report_no = $1 and log.outcome = 'answered'
$$;
