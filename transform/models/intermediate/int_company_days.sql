-- The day that each company's books are looked at: that of the newest snapshot of open items, else
-- of the newest reading, else today.
with snapshots as (
    select company_id, max(window_start) as today
    from {{ ref('stg_tripletex__sync_windows') }}
    where stream = 'open_postings'
    group by company_id
),
rows_of_snapshots as (
    select company_id, max(as_of_date) as today
    from {{ ref('stg_tripletex__open_postings') }}
    group by company_id
),
readings as (
    select company_id, max(cast(synced_at as date)) as today
    from {{ ref('stg_tripletex__sync_windows') }}
    group by company_id
)
select
    companies.company_id,
    coalesce(
        snapshots.today,
        rows_of_snapshots.today,
        readings.today,
        cast({{ dbt.current_timestamp() }} as date)
    ) as today
from (select distinct company_id from {{ ref('int_months') }}) as companies
left join snapshots on snapshots.company_id = companies.company_id
left join rows_of_snapshots on rows_of_snapshots.company_id = companies.company_id
left join readings on readings.company_id = companies.company_id
