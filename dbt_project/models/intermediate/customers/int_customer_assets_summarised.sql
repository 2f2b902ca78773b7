with assets as (

    select owners.customer_key, cards.principal, cards.bonus, 0 as points, 0 as coupons
    from {{ ref('stg_ekanya__stored_value_cards') }} as cards
    inner join {{ ref('int_identity_owners') }} as owners
        on owners.identity_type = 'patient' and cards.patient_id = owners.source_id
    union all
    select customer_key, 0, 0, change, 0
    from {{ ref('fct_points_ledger') }}
    where in_universe and cast({{ adapter.quote('at') }} as date) <= {{ as_of() }}
    union all
    select customer_key, 0, 0, 0, 1
    from {{ ref('fct_coupons') }}
    where
        in_universe
        and status = '可用'
        and coupon_type not in ('卡项', '流量大使券')
        and (expire_at is null or cast(expire_at as date) >= {{ as_of() }})

),

final as (

    select
        customer_key,
        cast(sum(principal + bonus) as decimal(18, 2)) as sv_total,
        cast(sum(principal) as decimal(18, 2)) as sv_principal,
        cast(sum(bonus) as decimal(18, 2)) as sv_bonus,
        cast(sum(points) as bigint) as points,
        cast(sum(coupons) as bigint) as usable_coupon_count
    from assets
    group by customer_key

)

select * from final
