-- What other areas leave for the document models: staging (columns of extracts.yaml), owners, stores.
-- Store S1 is open, the CDP subscription of store S9 has ended.

create schema staging;
create schema intermediate;
create schema core;

create table staging.stg_ekanya__appointments (
    appointment_id varchar, patient_id varchar, store_id varchar, created_at timestamp,
    appt_time timestamp, arrived_at timestamp, cancelled_at timestamp, status varchar,
    visit_type varchar, items varchar[], doctor varchar, channel varchar, complaint varchar, _dt date
);

create table staging.stg_ekanya__visits (
    visit_id varchar, patient_id varchar, appointment_id varchar, store_id varchar, arrived_at timestamp,
    left_at timestamp, visit_type varchar, doctor varchar, consultant varchar, complaint varchar,
    complaint_done boolean, _dt date
);

create table staging.stg_ekanya__consultations (
    consultation_id varchar, patient_id varchar, store_id varchar, consulted_at timestamp,
    consultant varchar, items varchar[], intent varchar, result varchar, lost_reason varchar, _dt date
);

create table staging.stg_ekanya__return_visits (
    return_visit_id varchar, patient_id varchar, planned_at timestamp, done_at timestamp, kind varchar,
    executor varchar, status varchar, result varchar, satisfaction bigint, _dt date
);

create table staging.stg_ekanya__followups (
    followup_id varchar, patient_id varchar, planned_at timestamp, done_at timestamp, doctor varchar,
    staff varchar, status varchar, content varchar, _dt date
);

create table staging.stg_ekanya__reviews (
    review_id varchar, patient_id varchar, visit_id varchar, reviewed_at timestamp, score decimal(18, 2),
    level varchar, store_id varchar, _dt date
);

create table staging.stg_ekanya__charge_bills (
    bill_id varchar, patient_id varchar, visit_id varchar, store_id varchar, billed_at timestamp,
    paid_at timestamp, status varchar, bill_type varchar, receivable decimal(18, 2),
    discounted decimal(18, 2), received decimal(18, 2), bonus_paid decimal(18, 2),
    points_paid decimal(18, 2), arrears decimal(18, 2), doctor varchar, consultant varchar, _dt date
);

create table staging.stg_ekanya__charge_items (
    line_id varchar, bill_id varchar, item varchar, category varchar, subcategory varchar, tooth varchar,
    qty decimal(18, 2), price decimal(18, 2), discounted decimal(18, 2), received decimal(18, 2),
    doctor varchar, charged_at timestamp, _dt date
);

create table staging.stg_ekanya__refunds (
    refund_id varchar, bill_id varchar, line_id varchar, amount decimal(18, 2), refunded_at timestamp,
    reason varchar, _dt date
);

create table staging.stg_ekanya__points_ledger (
    entry_id varchar, patient_id varchar, "at" timestamp, kind varchar, change bigint, expires_on date,
    _dt date
);

create table staging.stg_ekanya__coupons (
    coupon_id varchar, patient_id varchar, appid varchar, openid varchar, name varchar,
    coupon_type varchar, status varchar, channel varchar, received_at timestamp, expire_at timestamp,
    used_at timestamp, void_at timestamp, remaining bigint, _dt date
);

create table staging.stg_ekanya__member_cards (
    card_no varchar, patient_id varchar, level varchar, opened_on date, expires_on date, _dt date
);

create table staging.stg_ekanya__stored_value_cards (
    card_id varchar, patient_id varchar, principal decimal(18, 2), bonus decimal(18, 2), _dt date
);

create table staging.stg_ekanya__medical_records (
    record_id varchar, patient_id varchar, visit_id varchar, recorded_at timestamp, doctor varchar,
    complaint varchar, diagnosis varchar[], treatment varchar[], tooth varchar, visit_type varchar,
    _dt date
);

create table staging.stg_ekanya__treatment_plans (
    plan_id varchar, patient_id varchar, created_at timestamp, item varchar, category varchar,
    amount decimal(18, 2), status varchar, next_due_on date, _dt date
);

create table staging.stg_ekanya__ai_findings (
    finding_id varchar, patient_id varchar, examined_at timestamp, image_type varchar, code varchar,
    tooth varchar, priority varchar, _dt date
);

create table intermediate.int_identity_owners (
    identity_type varchar, source_id varchar, oneid varchar, customer_key integer
);

create table staging.stg_wechat_oa__fan_events (event_id varchar, appid varchar, openid varchar);
create table staging.stg_miniprogram__mini_events (event_id varchar, appid varchar, openid varchar);
create table staging.stg_wecom__contact_events (event_id varchar, external_userid varchar);

create table intermediate.int_stores_subscribed as
from (values ('S1', false), ('S9', true)) as stores (store_id, cdp_ended);
