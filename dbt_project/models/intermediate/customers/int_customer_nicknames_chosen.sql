-- The nickname and the picture, each from the first of the sources that has one.
with candidates as (

    select customer_key, 1 as precedence, name as nickname, avatar, added_at as seen_at, external_userid as source_id
    from {{ ref('int_wecom_contacts_owned') }}
    union all
    select customer_key, 2, nickname, null, created_at, source_id
    from {{ ref('int_minis_owned') }}
    union all
    select customer_key, 3, nickname, headimgurl, subscribe_at, source_id
    from {{ ref('int_fans_owned') }}

),

nicknames as (

    select
        customer_key,
        nickname
    from candidates
    where nickname is not null
    {{ first_by_precedence() }}

),

avatars as (

    select
        customer_key,
        avatar as avatar_url
    from candidates
    where avatar is not null
    {{ first_by_precedence() }}

),

final as (

    select
        coalesce(nicknames.customer_key, avatars.customer_key) as customer_key,
        nicknames.nickname,
        avatars.avatar_url
    from nicknames
    full outer join avatars on nicknames.customer_key = avatars.customer_key

)

select * from final
