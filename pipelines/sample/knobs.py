"""The shape of the synthetic dental group: every share in one place. Word lists do not belong here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Knobs:
    """Shares from 0 to 1 unless said otherwise; the defaults are guesses at a mid-sized Chinese group."""

    history_days: int = 1460  # how far back the first customers reach
    busy_days: int = 7  # the last days, crowded on purpose so that a few nights show every kind of change
    fresh_share: float = 0.04  # persons first seen in the busy days (an autumn campaign)
    customers_per_store: int = 8_000  # one more store for so many persons, six at least

    household_sizes: tuple[float, ...] = (0.52, 0.22, 0.18, 0.08)  # households of 1, 2, 3, 4 persons
    shared_spouse_phone: float = 0.08  # a spouse who gives the partner's number as their own
    changed_phone: float = 0.05  # adults whose mobile number changed
    recycled_phone: float = 0.3  # old numbers that the operator gave to somebody else

    is_patient: float = 0.68  # adults with a patient file; children always have one
    is_fan: float = 0.42
    is_mini: float = 0.38
    is_wecom: float = 0.46
    is_lead: float = 0.34
    duplicate_patient: float = 0.03  # adults with a second file
    merged_duplicate: float = 0.75  # second files that the front desk merges
    provider_account: float = 0.06  # fans and mini users of the provider's accounts (a foreign subject)
    lookalike_unionid: float = 0.02  # foreign unionids that spell like somebody else's in the group's subject
    fan_unionid: float = 0.86
    mini_unionid: float = 0.92
    wecom_unionid: float = 0.62
    unsubscribed: float = 0.17

    agent_phone: float = 0.025  # leads that carry the number of the agent who sent them
    leads_per_agent: int = 15  # more than the ten identities that one number may have
    no_patient_phone: float = 0.04
    placeholder_phone: float = 0.008
    child_phone_as_own: float = 0.42  # children filed with the mother's number as 本人
    child_phone_as_guardian: float = 0.52  # … or properly as 母亲, 父亲 or 监护人
    second_main_phone: float = 0.012  # two main own numbers by mistake
    messy_phone: float = 0.12  # +86, spaces, hyphens, full-width digits
    typo_phone: float = 0.0  # numbers with one digit typed wrong, which makes another valid number
    remark_phone: float = 0.62  # follow relations with a phone in the remark
    wrong_remark_phone: float = 0.17  # of these: a relative's, the store's, the employee's, nonsense
    fan_phone: float = 0.36
    mini_phone: float = 0.68
    borrowed_phone: float = 0.04  # of these accounts: verified by the number of the household's first adult
    bound_fan: float = 0.55  # fans of a household with patients that staff bound to a file

    visits_mean: float = 10.0  # booked or walk-in slots of a patient who comes at all
    never_came: float = 0.14
    vanishes: float = 0.07  # patients who came as leads, book once and never show up
    walk_in: float = 0.12
    cancelled: float = 0.09
    no_show_reliable: float = 0.08  # of a patient's bookings; seven in ten patients are reliable
    no_show_unreliable: float = 0.42
    accepts_treatment: float = 0.72  # patients who buy what they came for
    billed_visit: float = 0.78
    partial_payment: float = 0.05
    unpaid_bill: float = 0.02
    void_bill: float = 0.02
    refunded_bill: float = 0.025
    stored_value: float = 0.06
    bonus_paid: float = 0.05
    points_paid: float = 0.04
    in_points_plan: float = 0.48
    coupons_per_patient: float = 1.05
    coupons_per_account: float = 0.25
    member_card: float = 0.16
    treatment_plan: float = 0.24  # of visits
    ai_check: float = 0.13  # of visits
    medical_record: float = 0.66
    return_visit: float = 0.42
    followup: float = 0.26
    review: float = 0.19
    referred: float = 0.14  # patients brought by another patient

    event_mu: float = -0.3  # events per account are lognormal: none or one for most, hundreds for a few
    event_sigma: float = 1.9
    deleted_row: float = 0.003  # documents removed at the source


DEFAULT = Knobs()
