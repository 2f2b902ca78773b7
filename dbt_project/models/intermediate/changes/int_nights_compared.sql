-- No row on the home's first night: there is nothing to compare with, every rule is 初次计算, and the scans that join
-- this row end before they begin.
with earlier_files as (

    select 1 as one
    from {{ source('ops', 'extract_files') }}
    where as_of < {{ as_of() }}

),

final as (

    select {{ as_of() }} as as_of
    where exists (select 1 from earlier_files)

)

select * from final
