{# What was open on each day, by how many days it was overdue then.

   Items and settlements are those that are known today: a payment that was back-dated since counts
   from its date. #}
{% macro aged_items(ledger, party) %}
with items as (
    select
        days.as_of_day,
        items.company_id,
        items.party_id,
        items.party_number,
        items.party_name,
        items.amount,
        {{ days_between('items.due_date', 'days.as_of_day') }} as days_late
    from {{ ref('int_as_of_days') }} as days
    inner join {{ ref('ar_ap_items') }} as items
        on items.company_id = days.company_id
        and items.item_date <= days.as_of_day
        and (items.closed_on is null or items.closed_on > days.as_of_day)
        and items.ledger = '{{ ledger }}'
),
paid as (
    select
        company_id,
        party_id,
        avg({{ days_between('item_date', 'closed_on') }} * 1.0) as mean_days_to_pay
    from {{ ref('ar_ap_items') }}
    where ledger = '{{ ledger }}'
        and invoice_id is not null
        and closed_on is not null
        and amount {{ '>' if ledger == 'customer' else '<' }} 0
    group by company_id, party_id
)
select
    items.company_id,
    items.as_of_day,
    items.party_id as {{ party }}_id,
    items.party_number as {{ party }}_number,
    items.party_name as {{ party }}_name,
    {{ sum_of('case when days_late <= 0 then amount else 0 end') }} as not_due,
    {{ sum_of('case when days_late between 1 and 30 then amount else 0 end') }} as days_1_30,
    {{ sum_of('case when days_late between 31 and 60 then amount else 0 end') }} as days_31_60,
    {{ sum_of('case when days_late between 61 and 90 then amount else 0 end') }} as days_61_90,
    {{ sum_of('case when days_late > 90 then amount else 0 end') }} as days_over_90,
    {{ sum_of('amount') }} as total,
    {{ quantity('max(paid.mean_days_to_pay)') }} as mean_days_to_pay
from items
left join paid on paid.company_id = items.company_id and paid.party_id = items.party_id
group by
    items.company_id, items.as_of_day, items.party_id, items.party_number, items.party_name
{% endmacro %}
