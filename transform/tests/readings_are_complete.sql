-- The token sees everything: what a reading that does not is missing, is not taken for deleted.
{{ config(severity='warn') }}
with readings as (
    select
        windows.*,
        row_number() over (
            partition by company_id, stream, slice order by synced_at desc
        ) as age
    from {{ ref('stg_tripletex__sync_windows') }} as windows
)
select company_id, stream, slice, synced_at
from readings
where age = 1 and not ({{ is_true('complete') }})
