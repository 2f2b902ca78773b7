-- Rows that wait for their owner: kept out of the facts tonight, tried again each night.
with claims as (

    select * from {{ ref('int_owner_claims_unioned') }}

),

-- a coupon without a patient belongs to an account, a fan's or a mini-program user's
known_owners as (

    select
        identity_type as owner_type,
        source_id as owner_id
    from {{ ref('int_identity_owners') }}
    union all
    select 'account', source_id
    from {{ ref('int_identity_owners') }}
    where identity_type in ('fan', 'mini')

),

final as (

    select
        source,
        extract,
        {{ mask_phones('source_id') }} as source_id,
        owner_type,
        owner_id,
        case
            when owner_id is null then '没有写明属于哪位患者或哪个微信账号'
            when owner_type = 'patient' then '患者档案不存在或已删除'
            when owner_type = 'charge_bill' then '收费单不存在或已删除'
            when owner_type = 'account' then '服务号粉丝或小程序用户不存在'
            when owner_type = 'fan' then '服务号粉丝不存在'
            when owner_type = 'mini' then '小程序用户不存在'
            when owner_type = 'wecom' then '企微外部联系人不存在'
        end as reason,
        {{ as_of() }} as as_of
    from claims
    where not exists (
        select 1
        from known_owners
        where known_owners.owner_type = claims.owner_type and known_owners.owner_id = claims.owner_id
    )

)

select * from final
order by source, extract, source_id
