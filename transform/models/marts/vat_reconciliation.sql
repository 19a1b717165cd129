-- Avstemming av mva: what the codes of each term say beside what was booked on the VAT accounts
-- (2700-2739), without the settlements.
with settlements as (
    select distinct company_id, voucher_id
    from {{ ref('general_ledger') }}
    where account_number = {{ var('vat_settlement_account') }}
),
booked as (
    select
        ledger.company_id,
        periods.vat_term_start,
        periods.vat_term_end,
        -sum(ledger.amount) as amount
    from {{ ref('general_ledger') }} as ledger
    inner join {{ ref('dim_period') }} as periods
        on periods.company_id = ledger.company_id
        and periods.month = ledger.month
        and periods.vat_term is not null
    left join settlements
        on settlements.company_id = ledger.company_id
        and settlements.voucher_id = ledger.voucher_id
    where ledger.account_number between 2700 and 2739 and settlements.voucher_id is null
    group by ledger.company_id, periods.vat_term_start, periods.vat_term_end
),
returned as (
    select company_id, vat_term_start, vat_term_end, sum(payable) as amount
    from {{ ref('vat_return') }}
    group by company_id, vat_term_start, vat_term_end
),
terms as (
    select company_id, vat_term_start, vat_term_end from booked
    {{ union_distinct() }}
    select company_id, vat_term_start, vat_term_end from returned
)
select
    terms.company_id,
    terms.vat_term_start,
    terms.vat_term_end,
    {{ amount('coalesce(returned.amount, 0)') }} as payable,
    {{ amount('coalesce(booked.amount, 0)') }} as booked,
    {{ amount('coalesce(returned.amount, 0) - coalesce(booked.amount, 0)') }} as difference
from terms
left join booked
    on booked.company_id = terms.company_id and booked.vat_term_start = terms.vat_term_start
left join returned
    on returned.company_id = terms.company_id and returned.vat_term_start = terms.vat_term_start
