{{ static_changes_owned(ref('stg_cdp__static_tag_changes'), 'tag_id', 'origin') }}
