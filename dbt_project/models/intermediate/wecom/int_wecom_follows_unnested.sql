with relations as (

    select * from {{ ref('base_wecom__follow_relations') }}

),

final as (

    select
        corpid,
        external_userid,
        userid,
        follow.remark,
        follow.description,
        {{ epoch_to_local('follow.createtime') }} as created_at,
        follow.add_way,
        follow.state,
        follow.remark_mobiles,
        cast(follow.tags as varchar) as tags
    from relations

)

select * from final
