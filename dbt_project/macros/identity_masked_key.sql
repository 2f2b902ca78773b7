{#- A key as it may be published: a phone as 138****0001, of a unionid its subject and the last four characters. Binds
    and bindings name identities, which are shown. Never a hash: a hash of a phone is a phone. -#}
{% macro identity_masked_key(key_type, key_value) -%}
    case {{ key_type }}
        when 'phone' then substr({{ key_value }}, 1, 3) || '****' || substr({{ key_value }}, 8, 4)
        when 'unionid'
            then substr({{ key_value }}, 1, strpos({{ key_value }}, ':')) || '****' || case
                when length({{ key_value }}) - strpos({{ key_value }}, ':') > 8
                    then substr({{ key_value }}, length({{ key_value }}) - 3, 4)
                else ''
            end
        else {{ key_value }}
    end
{%- endmacro %}
