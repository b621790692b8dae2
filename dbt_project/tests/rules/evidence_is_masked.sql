-- No identity number, and no account, stands bare in the evidence of a finding.
select finding_id
from {{ ref('finding') }}
where evidence ->> 'facts' ~ '[0-9]{15}'
