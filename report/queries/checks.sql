-- What must be equal, and is compared: no difference is the proof.
with ledger as (
    select
        ledger.company_id,
        sum(case when ledger.amount > 0 then ledger.amount else 0 end) as debit,
        -sum(case when ledger.amount < 0 then ledger.amount else 0 end) as credit
    from general_ledger as ledger
    group by ledger.company_id
),
vouchers as (
    select company_id, sum(abs(amount)) as difference
    from (
        select company_id, voucher_id, sum(amount) as amount
        from general_ledger
        group by company_id, voucher_id
    ) as sums
    group by company_id
),
accounts as (
    select
        company_id,
        coalesce(sum(case when difference is not null then abs(net) end), 0) as here,
        coalesce(sum(abs(tripletex_net)), 0) as against,
        sum(abs(difference)) as difference
    from trial_balance
    group by company_id
),
balances as (
    select
        companies.company_id,
        sum(case when balances.section in ('fixed_assets', 'current_assets')
            then balances.closing else 0 end) as assets,
        -sum(case when balances.section in ('fixed_assets', 'current_assets')
            then 0 else balances.closing end) as equity_and_debt
    from companies
    inner join balance_sheet as balances
        on balances.company_id = companies.company_id and balances.month = companies.month
    group by companies.company_id
),
-- What a start date left out is not among the items, so that the two cannot be compared.
brought_in as (
    select
        openings.company_id,
        accounts.ledger_type,
        sum(abs(openings.opening)) as amount
    from general_ledger_by_period as openings
    inner join (
        select company_id, min(month) as month from dim_period group by company_id
    ) as firsts on firsts.company_id = openings.company_id and firsts.month = openings.month
    inner join dim_account as accounts
        on accounts.company_id = openings.company_id and accounts.account_id = openings.account_id
    group by openings.company_id, accounts.ledger_type
),
controls as (
    select
        companies.company_id,
        accounts.ledger_type,
        sum(ledger.amount) as amount
    from companies
    inner join general_ledger as ledger
        on ledger.company_id = companies.company_id and ledger.date <= companies.today
    inner join dim_account as accounts
        on accounts.company_id = ledger.company_id
        and accounts.account_id = ledger.account_id
        and accounts.ledger_type in ('CUSTOMER', 'VENDOR')
    group by companies.company_id, accounts.ledger_type
),
aged as (
    select company_id, as_of_day, 'CUSTOMER' as ledger_type, total from aged_receivables
    union all
    select company_id, as_of_day, 'VENDOR', total from aged_payables
),
items as (
    select companies.company_id, aged.ledger_type, sum(aged.total) as amount
    from companies
    inner join aged on aged.company_id = companies.company_id and aged.as_of_day = companies.today
    group by companies.company_id, aged.ledger_type
),
vat as (
    select
        company_id,
        sum(payable) as payable,
        sum(booked) as booked,
        sum(abs(difference)) as difference
    from vat_reconciliation
    group by company_id
)
select
    ledger.company_id,
    1 as check_order,
    'debit_equals_credit' as name,
    ledger.debit as here,
    ledger.credit as against,
    vouchers.difference
from ledger
inner join vouchers on vouchers.company_id = ledger.company_id
union all
select company_id, 2, 'accounts_equal_tripletex', here, against, difference from accounts
union all
select company_id, 3, 'balance_adds_up', assets, equity_and_debt, assets - equity_and_debt
from balances
union all
select
    controls.company_id,
    case controls.ledger_type when 'CUSTOMER' then 4 else 5 end,
    case controls.ledger_type when 'CUSTOMER' then 'receivables_equal_accounts'
        else 'payables_equal_accounts' end,
    coalesce(items.amount, 0),
    controls.amount,
    case when coalesce(brought_in.amount, 0) = 0
        then coalesce(items.amount, 0) - controls.amount end
from controls
left join items
    on items.company_id = controls.company_id and items.ledger_type = controls.ledger_type
left join brought_in
    on brought_in.company_id = controls.company_id
    and brought_in.ledger_type = controls.ledger_type
union all
select company_id, 6, 'vat_equals_accounts', payable, booked, difference from vat
order by 1, 2
