with cards as (

    select * from {{ ref('fct_member_cards') }}
    where in_universe

),

final as (

    select
        customer_key,
        level as member_level,
        card_no as member_card_no,
        expires_on as member_expire_at
    from cards
    qualify row_number() over (partition by customer_key order by opened_on desc, card_no desc) = 1

)

select * from final
