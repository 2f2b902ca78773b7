-- Only people change a static segment, so the trigger is 手动 (product 000 §6.1).
{{ static_changes_owned(ref('stg_cdp__static_segment_changes'), 'segment_id', "'手动'") }}
