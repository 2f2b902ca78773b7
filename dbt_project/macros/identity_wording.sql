{#- What a clinic calls the parts of OneID (product 000 §2.2, §7.7). Each word stands here once: tables carry it, the
    command line and the views only show it. -#}

{% macro identity_type_label(identity_type) -%}
    case {{ identity_type }}
        when 'patient' then '患者档案'
        when 'wecom' then '企微外部联系人'
        when 'mini' then '小程序用户'
        when 'fan' then '服务号粉丝'
        when 'lead' then '线索'
    end
{%- endmacro %}

{#- How an identity is linked: whose phone it is depends on who brings it, of a patient's also on why it does not link. -#}
{% macro identity_method(identity_type, key_type, reason='null') -%}
    case {{ key_type }}
        when 'manual_bind' then '员工手动绑定'
        when 'manual_unbind' then '员工手动解绑'
        when 'fan_binding' then '服务号粉丝绑定患者档案'
        when 'patient_merge' then '来源系统合并患者档案'
        when 'unionid' then '微信 unionid'
        when 'phone'
            then case {{ identity_type }}
                when 'patient'
                    then case {{ reason }} when 'not_own_main' then '患者其他手机号' else '患者主手机号（本人）' end
                when 'wecom' then '企微备注手机号'
                when 'mini' then '小程序授权手机号'
                when 'fan' then '服务号验证手机号'
                when 'lead' then '线索手机号'
                else '手机号'
            end
    end
{%- endmacro %}

{#- Why a key does not link, as one clause. -#}
{% macro identity_reason(reason) -%}
    case {{ reason }}
        when 'two_patients' then '相连会把两份患者档案并成一位客户'
        when 'two_unionids' then '相连会把两个微信号并成一位客户'
        when 'manual_unbind' then '员工已手动解绑，不再相连'
        when 'shared_patient_phone' then '是多份患者档案的主手机号，按设置不用来相连'
        when 'not_own_main' then '不是患者本人的主手机号，不用来相连'
        when 'household' then '一位粉丝绑定了多份患者档案，视为一家人，不合并'
        when 'placeholder' then '是占位号码，不用来相连'
        when 'own_number' then '是门店或员工自己的号码，不用来相连'
        when 'not_a_mobile' then '不是大陆手机号，不用来相连'
        when 'too_many_identities' then '持有它的身份过多，已隔离'
        when 'too_many_patients' then '持有它的患者过多，已隔离'
        when 'too_many_unionids' then '持有它的微信号过多，已隔离'
    end
{%- endmacro %}
