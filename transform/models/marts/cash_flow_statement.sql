-- Kontantstrømoppstilling, indirect: from the result to the change in cash, by month.
with moves as (
    select
        ledger.company_id,
        ledger.month,
        ledger.fiscal_year,
        accounts.cash_section,
        accounts.cash_line_order,
        accounts.cash_name_nb,
        accounts.cash_name_en,
        accounts.line,
        -ledger.net as cash,
        ledger.opening,
        ledger.closing
    from {{ ref('general_ledger_by_period') }} as ledger
    inner join {{ ref('dim_account') }} as accounts
        on accounts.company_id = ledger.company_id and accounts.account_id = ledger.account_id
),
lines as (
    select company_id, month, fiscal_year, cash_section, cash_line_order, cash_name_nb,
        cash_name_en, cash
    from moves
    where cash_section <> 'cash'
    union all
    -- Depreciation lowered the result and moved no cash; it lowered fixed assets as well.
    select company_id, month, fiscal_year, 'operating', 120, 'Avskrivning og nedskrivning',
        'Depreciation and write-downs', -cash
    from moves
    where line = 'depreciation'
    union all
    select company_id, month, fiscal_year, 'investing', 210, 'Investeringer i anleggsmidler',
        'Investments in fixed assets', cash
    from moves
    where line = 'depreciation'
    union all
    select company_id, month, fiscal_year, 'cash', 910, 'Likvider ved månedens begynnelse',
        'Cash at the beginning of the month', opening
    from moves
    where cash_section = 'cash'
    union all
    select company_id, month, fiscal_year, 'cash', 920, 'Endring i likvider',
        'Change in cash', -cash
    from moves
    where cash_section = 'cash'
    union all
    select company_id, month, fiscal_year, 'cash', 930, 'Likvider ved månedens slutt',
        'Cash at the end of the month', closing
    from moves
    where cash_section = 'cash'
)
select
    company_id,
    month,
    fiscal_year,
    cash_section as section,
    cash_line_order as line_order,
    cash_name_nb as line_name_nb,
    cash_name_en as line_name_en,
    {{ sum_of('cash') }} as amount
from lines
group by company_id, month, fiscal_year, cash_section, cash_line_order, cash_name_nb, cash_name_en
