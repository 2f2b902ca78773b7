"""The tables of OneID that an erasure reads and copies, empty: as dbt leaves them, by their columns."""

EVENTS = """
    as_of date, event_type varchar, oneid varchar, from_oneid varchar, to_oneid varchar, identity_type varchar,
    source_id varchar, key_type varchar, key_value varchar, reason varchar, leads_before varchar[],
    leads_after varchar[]
"""
IDENTITY = f"""
create schema intermediate; create schema core;
create table intermediate.int_identities_first_seen (
    identity_type varchar, source_id varchar, created_on date, landed_on date, as_of date
);
create table intermediate.int_identity_edges_laid (
    identity_type varchar, source_id varchar, key_type varchar, key_value varchar, verdict varchar
);
create table intermediate.int_identity_keys_quarantined (key_type varchar, key_value varchar, reason varchar);
create table intermediate.int_identity_map_history (
    identity_type varchar, source_id varchar, oneid varchar, customer_key integer, is_anchor boolean,
    via_key_type varchar, via_key_value varchar, linked_on date, valid_from date, valid_to date
);
create table intermediate.int_identity_events_detected ({EVENTS});
create table core.fct_identity_events (event_id varchar not null, {EVENTS});
create table intermediate.int_identity_nights_told (as_of date, event_count bigint);
create table core.dim_customers as select 1 as derived;
create table intermediate.int_patients_resolved (patient_id varchar, resolved_patient_id varchar);
create table intermediate.int_patient_merges_followed (
    from_patient_id varchar, resolved_patient_id varchar, last_patient_id varchar
);
create table intermediate.int_identity_phones_blocked (phone varchar);
create table intermediate.int_identity_keys_normalised (
    identity_type varchar, source_id varchar, key_type varchar, key_value varchar, refusal varchar
);
"""
