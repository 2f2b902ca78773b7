-- Rows that tie identities to each other, or to a static tag or segment: every identity named counts.
{% set named = [
    ('ekanya', 'referrals', "'patient'", 'referrer_patient_id'),
    ('ekanya', 'referrals', "'patient'", 'referred_patient_id'),
    ('ekanya', 'patient_merges', "'patient'", 'from_patient_id'),
    ('ekanya', 'patient_merges', "'patient'", 'into_patient_id'),
    ('wechat_oa', 'fan_bindings', "'patient'", 'patient_id'),
    ('cdp', 'manual_pairs', 'a_type', 'a_id'),
    ('cdp', 'manual_pairs', 'b_type', 'b_id'),
    ('cdp', 'static_tag_changes', 'identity_type', 'source_id'),
    ('cdp', 'static_segment_changes', 'identity_type', 'source_id'),
] %}
with tonight as (

    select * from {{ ref('int_nights_compared') }}

),

final as (

    {% for source_name, extract, identity_type, source_id in named -%}
    select '{{ extract }}' as extract, {{ identity_type }} as identity_type, {{ source_id }} as source_id
    from {{ source(source_name, extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
