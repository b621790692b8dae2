-- Expenses by person (支出): medical, education, rehabilitation and others, what the person bore.
with

closings as (select * from {{ ref('int_closings') }}),

expenses as (
    select * from {{ ref('int_expense_record_latest') }} as records
    where {{ stands('records') }}
)

select
    expenses.expense_no,
    persons.resident_id,
    expenses.name,
    expenses.expense_kind,
    expenses.spent_on,
    expenses.amount_yuan,
    expenses.payee,
    expenses.delivery_id,
    expenses.line_number
from expenses
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'expenses', 'person') }}
