-- Something of every company was read lately. The tap reads a part of everything each day, whether
-- it has changed or not.
with readings as (
    select company_id, max(synced_at) as read_at
    from {{ ref('stg_tripletex__sync_windows') }}
    group by company_id
)
select company_id, read_at
from readings
where read_at < {{ dbt.dateadd('day', -1 * var('fresh_within_days'), dbt.current_timestamp()) }}
