with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'lead'

),

leads as (

    select * from {{ ref('stg_leads__leads') }}

),

final as (

    select
        owners.customer_key,
        leads.lead_id,
        leads.name,
        leads.phone,
        leads.source_l1,
        leads.source_l2,
        leads.source_l3,
        leads.pool_id,
        leads.owner,
        leads.status,
        leads.store_id,
        leads.created_at,
        row_number() over (
            partition by owners.customer_key
            order by leads.created_at desc, leads.lead_id desc
        ) = 1 as is_newest
    from owners
    inner join leads on owners.source_id = leads.lead_id

)

select * from final
