-- Card numbers are masked like any other text: many clinics number a card by its holder's phone.
with cards as (

    select * from {{ ref('stg_ekanya__member_cards') }}

),

owned as (

    {{ documents_owned_by_patient('cards') }}

),

final as (

    select
        {{ mask_phones('card_no') }} as card_no,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        opened_on,
        level,
        expires_on,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by opened_on, card_no, source_patient_id
