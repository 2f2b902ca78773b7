-- Rows of online identities and of leads. The account of a coupon may be a fan's or a mini-program user's.
{% set accounts = [
    ('wechat_oa', 'fans', 'fan'), ('wechat_oa', 'fan_phones', 'fan'), ('wechat_oa', 'fan_bindings', 'fan'),
    ('wechat_oa', 'fan_events', 'fan'), ('miniprogram', 'mini_users', 'mini'), ('miniprogram', 'mini_events', 'mini'),
    ('ekanya', 'coupons', 'fan'), ('ekanya', 'coupons', 'mini'),
] %}
{% set others = [
    ('wecom', 'contact_events', 'wecom', 'external_userid'), ('leads', 'leads', 'lead', 'lead_id'),
    ('leads', 'lead_follow_ups', 'lead', 'lead_id'),
] %}
with tonight as (

    select * from {{ ref('int_nights_compared') }}

),

final as (

    {% for source_name, extract, identity_type in accounts -%}
    select
        '{{ extract }}' as extract,
        '{{ identity_type }}' as identity_type,
        landed.appid || ':' || landed.openid as source_id
    from {{ source(source_name, extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    union all
    {% endfor -%}
    {% for source_name, extract, identity_type, key in others -%}
    select '{{ extract }}', '{{ identity_type }}', landed.{{ key }}
    from {{ source(source_name, extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
