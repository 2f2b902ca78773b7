-- Two files of one person may have referred each other before they were known to be one: that counts for nobody.
with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'patient'

),

pairs as (

    select
        referrers.customer_key as referrer_key,
        referred.customer_key as referred_key
    from {{ ref('stg_ekanya__referrals') }} as referrals
    left join owners as referrers on referrals.referrer_patient_id = referrers.source_id
    left join owners as referred on referrals.referred_patient_id = referred.source_id
    where referrers.customer_key is distinct from referred.customer_key

),

sides as (

    select referrer_key as customer_key, referred_key, false as has_referrer
    from pairs
    where referrer_key is not null
    union all
    select referred_key, null, true
    from pairs
    where referred_key is not null

),

final as (

    select
        customer_key,
        count(distinct referred_key) as referral_count,
        count(*) filter (where has_referrer) > 0 as has_referrer
    from sides
    group by customer_key

)

select * from final
