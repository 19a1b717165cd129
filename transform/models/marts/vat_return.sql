-- MVA-melding: base and VAT by term, code and specification. Payable is output less input VAT.
select
    entries.company_id,
    periods.vat_term_start,
    periods.vat_term_end,
    periods.vat_term,
    {{ year_of('periods.vat_term_start') }} as year,
    entries.vat_type_id,
    entries.vat_code,
    coalesce(entries.vat_name, 'Uten mva-kode') as vat_name,
    entries.standard_code,
    standard.name_nb as standard_name_nb,
    standard.name_en as standard_name_en,
    entries.specification,
    entries.side,
    entries.percentage as rate,
    {{ sum_of('entries.base') }} as base,
    {{ sum_of('entries.output_vat') }} as output_vat,
    {{ sum_of('entries.input_vat') }} as input_vat,
    {{ sum_of('entries.output_vat - entries.input_vat') }} as payable
from {{ ref('int_vat_entries') }} as entries
inner join {{ ref('dim_period') }} as periods
    on periods.company_id = entries.company_id
    and periods.month = entries.month
    and periods.vat_term is not null
left join {{ ref('vat_codes') }} as standard on standard.standard_code = entries.standard_code
group by
    entries.company_id,
    periods.vat_term_start,
    periods.vat_term_end,
    periods.vat_term,
    entries.vat_type_id,
    entries.vat_code,
    entries.vat_name,
    entries.standard_code,
    standard.name_nb,
    standard.name_en,
    entries.specification,
    entries.side,
    entries.percentage
