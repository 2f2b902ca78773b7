-- The spine of the profile. In the universe is whoever has one identity that no ended store confines (rules.md §2.1).
with identities as (

    select
        *,
        case identity_type
            when 'patient' then '患者'
            when 'fan' then '服务号粉丝'
            when 'wecom' then '企微外部联系人'
            when 'mini' then '小程序用户'
            when 'lead' then '线索'
        end as label
    from {{ ref('int_identities_placed') }}

),

final as (

    select
        customer_key,
        oneid,
        count(*) filter (where not is_confined_to_ended_store) > 0 as in_universe,
        min(first_seen_at) as created_at,
        {{ sorted_list('store_id') }} as store_id,
        {{ sorted_list('label') }} as identity_types,
        count(*) filter (where identity_type = 'patient') > 0 as is_patient,
        count(*) filter (where identity_type = 'fan') > 0 as is_fan,
        count(*) filter (where identity_type = 'wecom') > 0 as is_wecom,
        count(*) filter (where identity_type = 'mini') > 0 as is_mini,
        count(*) filter (where identity_type = 'lead') > 0 as is_lead
    from identities
    group by customer_key, oneid

)

select * from final
