{#-
amount × part / whole, rounded half up to cents, as decimal(18,2). All three are decimal(18,2); part is not negative,
whole is positive. Counted in whole cents with whole-number division, because decimal / decimal is a float on DuckDB;
the product of two amounts in cents needs more than 64 bits.
-#}
{% macro documents_refund_share(amount, part, whole) -%}
    {{ adapter.dispatch('documents_refund_share', 'clinic_cdp')(amount, part, whole) }}
{%- endmacro %}

{% macro duckdb__documents_refund_share(amount, part, whole) -%}
    cast(
        cast(
            (
                cast({{ amount }} * 200 as hugeint) * cast({{ part }} * 100 as hugeint)
                + cast({{ whole }} * 100 as hugeint)
            ) // cast({{ whole }} * 200 as hugeint) as decimal(18, 0)
        ) * cast(0.01 as decimal(3, 2)) as decimal(18, 2)
    )
{%- endmacro %}

{% macro spark__documents_refund_share(amount, part, whole) -%}
    cast(
        (
            (
                cast({{ amount }} * 200 as decimal(19, 0)) * cast({{ part }} * 100 as decimal(18, 0))
                + cast({{ whole }} * 100 as decimal(18, 0))
            ) div cast({{ whole }} * 200 as decimal(19, 0))
        ) * cast(0.01 as decimal(3, 2)) as decimal(18, 2)
    )
{%- endmacro %}
