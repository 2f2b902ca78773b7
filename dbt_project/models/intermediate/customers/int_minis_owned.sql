with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'mini'

),

minis as (

    select
        *,
        appid || ':' || openid as source_id
    from {{ ref('stg_miniprogram__mini_users') }}

),

final as (

    select
        owners.customer_key,
        minis.source_id,
        minis.nickname,
        minis.phone,
        minis.phone_authorised_at,
        minis.created_at
    from owners
    inner join minis on owners.source_id = minis.source_id

)

select * from final
