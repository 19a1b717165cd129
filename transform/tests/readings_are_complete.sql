-- The token sees everything, and has no fewer rights than before: what is missing from a reading
-- that does not, or was made with fewer, is not taken for deleted.
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
where age = 1 and (
    not ({{ is_true('complete') }})
    or exists (
        select 1
        from {{ ref('stg_tripletex__sync_windows') }} as earlier
        where earlier.company_id = readings.company_id
            and earlier.stream = readings.stream
            and earlier.synced_at < readings.synced_at
            and earlier.rights_held > readings.rights_held
            and earlier.rights_held + earlier.rights_given_up
                > readings.rights_held + readings.rights_given_up
    )
)
