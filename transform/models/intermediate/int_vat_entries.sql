-- The VAT in each posting: by its code, and what stands on the VAT accounts without any code.
with codes as (
    select
        types.company_id,
        types.id,
        types.number,
        types.name,
        types.percentage,
        -- Tripletex has variants of the standard codes, such as 86-K and UTTAK-3.
        case
            when types.number like 'UTTAK-%' then replace(types.number, 'UTTAK-', '')
            when types.number like 'TAP-%' then replace(types.number, 'TAP-', '')
            when types.number like 'JUST-%' then replace(types.number, 'JUST-', '')
            when types.number like 'TILB-%' then replace(types.number, 'TILB-', '')
            when types.number like '%-K' then replace(types.number, '-K', '')
            else types.number
        end as standard_code,
        case
            when types.number like 'UTTAK-%' then 'uttak'
            when types.number like 'TAP-%' then 'tapPåKrav'
            when types.number like 'JUST-%' then 'justering'
            when types.number like 'TILB-%' then 'tilbakeføringAvInngåendeMerverdiavgift'
            when types.number like '%-K' then 'kompensasjon'
        end as specification
    from {{ ref('stg_tripletex__vat_types') }} as types
    where types.number <> '0'
),
settlements as (
    select distinct company_id, voucher_id
    from {{ ref('general_ledger') }}
    where account_number = {{ var('vat_settlement_account') }}
),
coded as (
    select
        ledger.company_id,
        ledger.month,
        ledger.posting_id,
        ledger.vat_type_id,
        codes.number as vat_code,
        codes.name as vat_name,
        codes.standard_code,
        codes.specification,
        codes.percentage,
        coalesce(standard.side, case when codes.percentage = 100 then 'output' else 'input' end)
            as side,
        case when codes.percentage = 100 then 0 else ledger.amount end as base,
        case
            -- Reverse charge: the seller has added no VAT.
            when codes.percentage < 0
                then {{ amount('ledger.amount * codes.percentage * -0.01') }}
            -- The amount itself is VAT, posted straight to its account.
            when codes.percentage = 100 then ledger.amount
            else ledger.amount_gross - ledger.amount
        end as vat
    from {{ ref('general_ledger') }} as ledger
    inner join codes on codes.company_id = ledger.company_id and codes.id = ledger.vat_type_id
    left join {{ ref('vat_codes') }} as standard on standard.standard_code = codes.standard_code
),
uncoded as (
    select
        ledger.company_id,
        ledger.month,
        ledger.posting_id,
        case when ledger.account_number < 2710 then 'output' else 'input' end as side,
        ledger.amount as vat
    from {{ ref('general_ledger') }} as ledger
    left join settlements
        on settlements.company_id = ledger.company_id
        and settlements.voucher_id = ledger.voucher_id
    where ledger.account_number between 2700 and 2739
        and coalesce(ledger.vat_code, '0') = '0'
        and ledger.is_system_generated = 0
        and settlements.voucher_id is null
)
select
    company_id,
    month,
    posting_id,
    vat_type_id,
    vat_code,
    vat_name,
    standard_code,
    specification,
    percentage,
    side,
    {{ amount("case when side = 'output' then -base else base end") }} as base,
    {{ amount("case side when 'output' then -vat when 'both' then vat when 'reverse' then vat else 0 end") }}
        as output_vat,
    {{ amount("case when side in ('input', 'both') then vat else 0 end") }} as input_vat
from coded
union all
select
    company_id,
    month,
    posting_id,
    null,
    null,
    null,
    null,
    null,
    null,
    side,
    {{ amount('0') }},
    {{ amount("case side when 'output' then -vat else 0 end") }},
    {{ amount("case side when 'input' then vat else 0 end") }}
from uncoded
