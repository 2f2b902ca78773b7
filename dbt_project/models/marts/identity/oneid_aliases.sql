with aliases as (

    select * from {{ ref('int_oneid_aliases_resolved') }}

),

final as (

    select
        old_oneid,
        oneid,
        {{ as_of() }} as as_of
    from aliases

)

select * from final
order by old_oneid
