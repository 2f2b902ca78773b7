with follows as (

    select * from {{ ref('int_wecom_follows_unnested') }}

),

final as (

    select
        corpid,
        external_userid,
        userid,
        created_at as follow_created_at,
        {{ unnest_list('remark_mobiles') }} as phone
    from follows

)

select * from final
