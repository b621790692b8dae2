-- No identity number stands bare in the evidence of a finding. A long number of a sender may.
select finding_id
from {{ ref('finding') }}
where evidence ->> 'facts' <> clean.mask_id_numbers_in(evidence ->> 'facts')
