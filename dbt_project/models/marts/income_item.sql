-- Verified income by person and month: the contribution base of those in work, pensions drawn.
with

insurance as (
    select * from {{ current_records('int_social_insurance_latest', 'social_insurance') }} as records
)

select
    persons.resident_id,
    case insurance.status when '在缴' then 'wage' else 'pension' end as income_kind,
    insurance.insurance_type,
    insurance.insured_month as income_month,
    case insurance.status
        when '在缴' then insurance.contribution_base_yuan
        else insurance.benefit_yuan
    end as amount_yuan,
    insurance.is_public_payroll,
    insurance.delivery_id,
    insurance.line_number
from insurance
{{ join_resident('persons', 'insurance', "'person'") }}
where insurance.status in ('在缴', '领取')
