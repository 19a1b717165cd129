-- The tap compares what it reads with Tripletex's trial balance: the newest reading of each slice.
with readings as (
    select
        windows.*,
        row_number() over (
            partition by company_id, stream, slice order by synced_at desc
        ) as age
    from {{ ref('stg_tripletex__sync_windows') }} as windows
    where stream = 'postings'
)
select company_id, slice, control_total, control_total_expected
from readings
where age = 1 and control_total <> control_total_expected
