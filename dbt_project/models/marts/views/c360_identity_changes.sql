-- 变更记录: how a customer got and lost identities (product 000 §2.3, §7.7). What was told of an id that has merged since
-- is told under the id of today; a move stands with the customer who lost the identity and with the one who got it.
with events as (

    select
        *,
        {{ identity_method('identity_type', 'key_type') }} as method,
        {{ identity_type_label('identity_type') }} || ' ' || source_id as identity_name,
        {{ joined_list('leads_before', '、') }} as leads_then,
        {{ joined_list('leads_after', '、') }} as leads_now,
        case
            when event_type in ('id_created', 'id_revived', 'identity_added') then null
            else coalesce(from_oneid, oneid)
        end as before_oneid,
        case
            when event_type in ('id_retired', 'identity_removed') then null
            else coalesce(to_oneid, oneid)
        end as after_oneid
    from {{ ref('fct_identity_events') }}
    where oneid is not null

),

phrased as (

    select
        *,
        method || coalesce(' ' || key_value, '') as key_name
    from events

),

told as (

    select
        *,
        case event_type
            when 'id_created' then '建立客户 ' || oneid
            when 'id_revived' then '恢复客户 ' || oneid
            when 'id_retired' then '停用客户 ' || oneid || '，其下已没有身份'
            when 'id_merged'
                then '客户 ' || from_oneid || ' 并入 ' || to_oneid || coalesce('，凭' || key_name, '')
            when 'id_split' then '从客户 ' || from_oneid || ' 拆出 ' || to_oneid
            when 'identity_added' then '获得' || identity_name || coalesce('，凭' || key_name, '')
            when 'identity_moved'
                then
                    identity_name || ' 由客户 ' || from_oneid || ' 移到 ' || to_oneid
                    || coalesce('（' || key_name || '）', '')
            when 'identity_removed'
                then case key_type
                    when 'patient_merge' then identity_name || ' 已在来源系统并入另一份档案'
                    else identity_name || ' 已不在来源系统'
                end
            when 'conflict_opened'
                then identity_name || ' 未能凭' || key_name || ' 相连：' || {{ identity_reason('reason') }}
            when 'conflict_closed' then identity_name || ' 不再因' || key_name || ' 冲突'
            when 'phone_added' then identity_name || ' 有了' || key_name
            when 'phone_changed' then identity_name || ' 换成' || key_name
            when 'phone_removed' then identity_name || ' 不再有' || key_name
            when 'unionid_added' then identity_name || ' 有了' || key_name
            when 'unionid_changed' then identity_name || ' 换成' || key_name
            when 'unionid_removed' then identity_name || ' 不再有' || key_name
            when 'lead_bound' then identity_name || ' 关联线索 ' || leads_now
            when 'lead_rebound' then identity_name || ' 关联的线索由 ' || leads_then || ' 变为 ' || leads_now
            when 'lead_unbound' then identity_name || ' 不再关联线索 ' || leads_then
        end as sentence
    from phrased

),

aliases as (

    select * from {{ ref('oneid_aliases') }}

),

-- with the customer who has it now, or had it last
concerned as (

    select
        coalesce(aliases.oneid, told.after_oneid, told.before_oneid) as customer_oneid,
        told.*
    from told
    left join aliases on coalesce(told.after_oneid, told.before_oneid) = aliases.old_oneid

),

-- with the customer who handed it over, when that is another one today
handed_over as (

    select
        coalesce(givers.oneid, told.from_oneid) as customer_oneid,
        told.*
    from told
    left join aliases as givers on told.from_oneid = givers.old_oneid
    left join aliases as takers on told.to_oneid = takers.old_oneid
    where
        told.from_oneid is not null
        and coalesce(givers.oneid, told.from_oneid) <> coalesce(takers.oneid, told.to_oneid)

),

parties as (

    select * from concerned
    union all
    select * from handed_over

),

final as (

    select
        customer_oneid as oneid,
        event_id,
        as_of as changed_on,
        event_type,
        sentence,
        method,
        key_value,
        before_oneid,
        after_oneid,
        {{ as_of() }} as as_of
    from parties

)

select * from final
order by oneid, event_id
