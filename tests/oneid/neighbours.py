"""Neighbours of the acceptance cases, in their format: the same situation one step further or exactly at a limit.

``beside`` names the case of oneid_cases.json. Here the changes of keys (catalogue.md §5.4) are expected too. What the
format cannot say (bindings, merge chains, demoted phones) is in landed_neighbours.py.
"""

from itertools import chain

A, B, C = "13911110001", "13911110002", "13911110003"
TYPES = {"P": "patient", "W": "wecom", "M": "mini", "F": "fan", "L": "lead"}
LEADS = [f"L{n:02d}" for n in range(1, 12)]
FILES = [f"P{n}" for n in range(1, 7)]


def who(name: str, *phones: str, unionid: str | None = None, seen: int = 1, **more: str) -> dict:
    """An identity whose kind is its name's first letter, first seen on a day of January 2026."""
    phone, day = list(phones), f"2026-01-{seen:02d}"
    return {"id": name, "type": TYPES[name[0]], "phone": phone, "unionid": unionid, "seen": day} | more


def run(identities: list[dict], clusters: str, events: list[tuple], ops: list[tuple] = (), **policy) -> dict:
    """A night; clusters as "X1: P1 L1, X2: L2", events and ops as the case file has them."""
    pairs = [part.split(":") for part in clusters.split(",") if part.strip()]
    return {
        "identities": identities,
        "expected_clusters": {name.strip(): members.split() for name, members in pairs},
        "expected_events": events,
        "ops": [{"op": op, "a": a, "b": b} for op, a, b in ops],
        "policy": policy,
    }


def created(*carriers: tuple[str, str]) -> list[tuple]:
    """Ids made tonight for identities never seen: (id, "identity identity …")."""
    return [
        *(("id_created", oneid) for oneid, _ in carriers),
        *(("identity_added", name, oneid) for oneid, names in carriers for name in names.split()),
    ]


def split(name: str, old: str, new: str, by: str = "id_created") -> list[tuple]:
    """One identity leaves an id for one that is made or revived."""
    return [(by, new), ("id_split", old, new), ("identity_moved", name, old, new)]


def merged(name: str, old: str, new: str) -> list[tuple]:
    """The only carrier of an id joins another."""
    return [("id_merged", old, new), ("identity_moved", name, old, new)]


def neighbour(name: str, beside: str, *runs: dict) -> dict:
    """A case of this module; its nights are numbered from 1."""
    numbered = [night | {"day": day} for day, night in enumerate(runs, start=1)]
    return {"name": name, "beside": beside, "tags": [], "runs": numbered}


def _a_crowd_of_leads() -> dict:
    ten = [who(name, A, seen=day) for day, name in enumerate(LEADS[:10], start=1)]
    eleven = [*ten, who("L11", A, seen=11)]
    ids = [f"X{n}" for n in range(1, 12)]
    others = list(zip(LEADS[1:10], ids[1:10], strict=True))
    apart = ", ".join(f"{oneid}: {name}" for oneid, name in zip(ids, LEADS, strict=True))
    together = f"X1: {' '.join(LEADS[:10])}"
    return neighbour(
        "ten_identities_link_and_eleven_do_not",
        "full_star_under_limits",
        run(ten, together, created(("X1", " ".join(LEADS[:10])))),
        run(
            eleven,
            apart,
            [
                *chain.from_iterable(split(name, "X1", oneid) for name, oneid in others),
                *created(("X11", "L11")),
                ("key_quarantined", f"phone:{A}", "too_many_identities"),
            ],
        ),
        run(
            ten,
            together,
            [
                *chain.from_iterable(merged(name, oneid, "X1") for name, oneid in others),
                ("id_retired", "X11"),
                ("identity_removed", "L11", "X11"),
                ("key_released", f"phone:{A}"),
            ],
        ),
    )


def _a_crowd_of_files() -> dict:
    five = [*(who(name, A, seen=day) for day, name in enumerate(FILES[:5], start=1)), who("L1", A)]
    kept_out = [("conflict_opened", name, f"phone:{A}", "two_patients") for name in FILES[1:5]]
    files = "X1: P1{}, X2: P2, X3: P3, X4: P4, X5: P5"
    return neighbour(
        "five_files_keep_the_holder_and_six_do_not",
        "six_files_on_one_phone",
        run(
            five,
            files.format(" L1"),
            [
                *created(("X1", "P1 L1"), ("X2", "P2"), ("X3", "P3"), ("X4", "P4"), ("X5", "P5")),
                ("lead_bound", "P1", None, "L1"),
                *kept_out,
            ],
        ),
        run(
            [*five, who("P6", A, seen=6)],
            files.format("") + ", X6: P6, X7: L1",
            [
                *created(("X6", "P6")),
                *split("L1", "X1", "X7"),
                ("lead_unbound", "P1", "L1", None),
                ("key_quarantined", f"phone:{A}", "too_many_patients"),
                *(("conflict_closed", name, f"phone:{A}") for name in FILES[1:5]),
            ],
        ),
        run(
            five,
            files.format(" L1"),
            [
                *merged("L1", "X7", "X1"),
                ("id_retired", "X6"),
                ("identity_removed", "P6", "X6"),
                ("lead_bound", "P1", None, "L1"),
                ("key_released", f"phone:{A}"),
                *kept_out,
            ],
        ),
    )


def _a_crowd_of_accounts() -> dict:
    three = [*(who(f"F{n}", A, unionid=f"S1:U{n}", seen=n) for n in (1, 2, 3)), who("L1", A)]
    return neighbour(
        "three_accounts_keep_the_holder_and_four_do_not",
        "one_phone_two_unionids",
        run(
            three,
            "X1: F1 L1, X2: F2, X3: F3",
            [
                *created(("X1", "F1 L1"), ("X2", "F2"), ("X3", "F3")),
                ("conflict_opened", "F2", f"phone:{A}", "two_unionids"),
                ("conflict_opened", "F3", f"phone:{A}", "two_unionids"),
            ],
        ),
        run(
            [*three, who("F4", A, unionid="S1:U4", seen=4)],
            "X1: F1, X2: F2, X3: F3, X4: F4, X5: L1",
            [
                *created(("X4", "F4")),
                *split("L1", "X1", "X5"),
                ("key_quarantined", f"phone:{A}", "too_many_unionids"),
                ("conflict_closed", "F2", f"phone:{A}"),
                ("conflict_closed", "F3", f"phone:{A}"),
            ],
        ),
    )


def _own_number() -> dict:
    own = "13911119999"
    leads = [who(name, own, seen=day) for day, name in enumerate(LEADS, start=1)]
    each = [(f"X{n}", name) for n, name in enumerate(LEADS, start=1)]
    apart = ", ".join(f"{oneid}: {name}" for oneid, name in each)
    return neighbour(
        "an_own_number_is_never_crowded",
        "clinic_front_desk_phone_is_own",
        run(leads, apart, created(*each), own_phones=[own]),
    )


NEIGHBOURS = [
    neighbour(
        "keys_come_change_and_go",
        "no_keys_stays_single",
        run(
            [who("M1"), who("F1"), who("F2", A, unionid="S1:U8"), who("P1", B), who("W1", unionid="S1:U9")],
            "X1: P1, X2: W1, X3: M1, X4: F1, X5: F2",
            created(("X1", "P1"), ("X2", "W1"), ("X3", "M1"), ("X4", "F1"), ("X5", "F2")),
        ),
        run(
            [who("M1", C), who("F1", unionid="S1:U1"), who("F2"), who("P1"), who("W1")],
            "X1: P1, X2: W1, X3: M1, X4: F1, X5: F2",
            [
                ("phone_added", "M1", f"phone:{C}"),
                ("unionid_added", "F1", "unionid:S1:U1"),
                ("phone_removed", "F2", f"phone:{A}"),
                ("unionid_removed", "F2", "unionid:S1:U8"),
                ("phone_removed", "P1", f"phone:{B}"),
                ("unionid_removed", "W1", "unionid:S1:U9"),
            ],
        ),
        run(
            [who("M1", A), who("F1", unionid="S1:U2"), who("F2"), who("P1"), who("W1")],
            "X1: P1, X2: W1, X3: M1, X4: F1, X5: F2",
            [("phone_changed", "M1", f"phone:{A}"), ("unionid_changed", "F1", "unionid:S1:U2")],
        ),
    ),
    neighbour(
        "another_own_phone_rebinds_leads",
        "lead_then_patient_same_phone",
        run(
            [who("P1", A), who("L1", A), who("L2", B, seen=2)],
            "X1: P1 L1, X2: L2",
            [*created(("X1", "P1 L1"), ("X2", "L2")), ("lead_bound", "P1", None, "L1")],
        ),
        run(
            [who("P1", B), who("L1", A), who("L2", B, seen=2)],
            "X1: P1 L2, X3: L1",
            [
                *split("L1", "X1", "X3"),
                *merged("L2", "X2", "X1"),
                ("lead_rebound", "P1", "L1", "L2"),
                ("phone_changed", "P1", f"phone:{B}"),
            ],
        ),
    ),
    neighbour(
        "a_cleared_own_phone_unbinds_the_lead",
        "patient_phone_change_unbinds_lead",
        run(
            [who("P1", A), who("L1", A)],
            "X1: P1 L1",
            [*created(("X1", "P1 L1")), ("lead_bound", "P1", None, "L1")],
        ),
        run(
            [who("P1"), who("L1", A)],
            "X1: P1, X2: L1",
            [
                *split("L1", "X1", "X2"),
                ("lead_unbound", "P1", "L1", None),
                ("phone_removed", "P1", f"phone:{A}"),
            ],
        ),
    ),
    neighbour(
        "one_more_lead_rebinds",
        "two_leads_one_phone_then_patient",
        run(
            [who("P1", A), who("L1", A)],
            "X1: P1 L1",
            [*created(("X1", "P1 L1")), ("lead_bound", "P1", None, "L1")],
        ),
        run(
            [who("P1", A), who("L1", A), who("L2", A, seen=2)],
            "X1: P1 L1 L2",
            [("identity_added", "L2", "X1"), ("lead_rebound", "P1", "L1", "L1+L2")],
        ),
    ),
    neighbour(
        "of_several_remarks_one_is_rewritten",
        "wecom_remark_binds_patient",
        run([who("P1", A), who("W1", A, B)], "X1: P1 W1", created(("X1", "P1 W1"))),
        run(
            [who("P1", A), who("W1", A, C)],
            "X1: P1 W1",
            [("phone_added", "W1", f"phone:{C}"), ("phone_removed", "W1", f"phone:{B}")],
        ),
    ),
    neighbour(
        "another_unionid_parts_contact_and_fan",
        "unionid_bridges_fan_and_wecom",
        run(
            [who("F1", unionid="S1:U1"), who("W1", unionid="S1:U1", seen=2)],
            "X1: F1 W1",
            created(("X1", "W1 F1")),
        ),
        run(
            [who("F1", unionid="S1:U1"), who("W1", unionid="S1:U2", seen=2)],
            "X1: W1, X2: F1",
            [*split("F1", "X1", "X2"), ("unionid_changed", "W1", "unionid:S1:U2")],
        ),
    ),
    neighbour(
        "another_authorised_phone_moves_the_user",
        "mini_authorised_phone_binds_patient",
        run(
            [who("P1", A), who("P2", B, seen=2), who("M1", A)],
            "X1: P1 M1, X2: P2",
            created(("X1", "P1 M1"), ("X2", "P2")),
        ),
        run(
            [who("P1", A), who("P2", B, seen=2), who("M1", B)],
            "X1: P1, X2: P2 M1",
            [("identity_moved", "M1", "X1", "X2"), ("phone_changed", "M1", f"phone:{B}")],
        ),
    ),
    _a_crowd_of_leads(),
    neighbour(
        "full_width_bracketed_and_dotted_phones_are_one_key",
        "phone_formats_are_one_key",
        run(
            [
                who("P1", "１３９１１１１０００１"),
                who("W1", "（+86）139.1111.0001"),
                who("M1", "86 139-1111-0001"),
                who("F1", "＋８６ 139 1111 0001"),
                who("L1", "0086-139/1111/0001"),
            ],
            "X1: P1 W1 M1 F1 L1",
            [*created(("X1", "P1 W1 M1 F1 L1")), ("lead_bound", "P1", None, "L1")],
        ),
        run([who("P1", A), who("W1", A), who("M1", A), who("F1", A), who("L1", A)], "X1: P1 W1 M1 F1 L1", []),
    ),
    neighbour(
        "a_digit_too_many_is_no_phone_until_corrected",
        "landline_and_short_values_do_not_link",
        run(
            [who("L1", A + "1"), who("L2", A + "1", seen=2), who("L3", A, seen=3)],
            "X1: L1, X2: L2, X3: L3",
            created(("X1", "L1"), ("X2", "L2"), ("X3", "L3")),
        ),
        run(
            [who("L1", A), who("L2", A + "1", seen=2), who("L3", A, seen=3)],
            "X1: L1 L3, X2: L2",
            [*merged("L3", "X3", "X1"), ("phone_added", "L1", f"phone:{A}")],
        ),
    ),
    neighbour(
        "accounts_of_two_subjects_are_one_person",
        "same_unionid_text_other_subject",
        run(
            [who("F1", A, unionid="S1:U1"), who("M1", A, unionid="S2:U2")],
            "X1: M1 F1",
            created(("X1", "M1 F1")),
        ),
    ),
    neighbour(
        "a_change_in_one_tenant_is_none_in_the_other",
        "tenants_never_mix",
        run(
            [
                *(who("P1", A, tenant="T1"), who("L1", A, tenant="T1")),
                *(who("P2", A, seen=2, tenant="T2"), who("L2", A, seen=2, tenant="T2")),
            ],
            "X1: P1 L1, X2: P2 L2",
            [
                *created(("X1", "P1 L1"), ("X2", "P2 L2")),
                ("lead_bound", "P1", None, "L1"),
                ("lead_bound", "P2", None, "L2"),
            ],
        ),
        run(
            [
                *(who("P1", A, tenant="T1"), who("L1", A, tenant="T1")),
                *(who("P2", A, seen=2, tenant="T2"), who("L2", B, seen=2, tenant="T2")),
            ],
            "X1: P1 L1, X2: P2, X3: L2",
            [
                *split("L2", "X2", "X3"),
                ("lead_unbound", "P2", "L2", None),
                ("phone_changed", "L2", f"phone:{B}"),
            ],
        ),
    ),
    neighbour(
        "a_placeholder_gives_way_to_a_phone_and_comes_back",
        "placeholder_phone_is_blocked",
        run([who("P1", "13800000000"), who("L1", A)], "X1: P1, X2: L1", created(("X1", "P1"), ("X2", "L1"))),
        run(
            [who("P1", A), who("L1", A)],
            "X1: P1 L1",
            [
                *merged("L1", "X2", "X1"),
                ("lead_bound", "P1", None, "L1"),
                ("phone_added", "P1", f"phone:{A}"),
            ],
        ),
        run(
            [who("P1", "13800000000"), who("L1", A)],
            "X1: P1, X2: L1",
            [
                *split("L1", "X1", "X2", by="id_revived"),
                ("lead_unbound", "P1", "L1", None),
                ("phone_removed", "P1", f"phone:{A}"),
            ],
        ),
    ),
    _own_number(),
    _a_crowd_of_files(),
    neighbour(
        "the_holder_gives_the_phone_up",
        "two_patients_one_phone",
        run(
            [who("P1", A), who("P2", A, seen=2), who("L1", A)],
            "X1: P1 L1, X2: P2",
            [
                *created(("X1", "P1 L1"), ("X2", "P2")),
                ("lead_bound", "P1", None, "L1"),
                ("conflict_opened", "P2", f"phone:{A}", "two_patients"),
            ],
        ),
        run(
            [who("P1", B), who("P2", A, seen=2), who("L1", A)],
            "X1: P1, X2: P2 L1",
            [
                ("identity_moved", "L1", "X1", "X2"),
                ("lead_unbound", "P1", "L1", None),
                ("lead_bound", "P2", None, "L1"),
                ("conflict_closed", "P2", f"phone:{A}"),
                ("phone_changed", "P1", f"phone:{B}"),
            ],
        ),
    ),
    neighbour(
        "policy_none_links_a_phone_of_one_file",
        "shared_phone_policy_none",
        run(
            [who("P1", A), who("L1", A)],
            "X1: P1 L1",
            [*created(("X1", "P1 L1")), ("lead_bound", "P1", None, "L1")],
            shared_patient_phone="none",
        ),
        run(
            [who("P1", A), who("L1", A), who("P2", A, seen=2)],
            "X1: P1, X2: P2, X3: L1",
            [*created(("X2", "P2")), *split("L1", "X1", "X3"), ("lead_unbound", "P1", "L1", None)],
            shared_patient_phone="none",
        ),
    ),
    neighbour(
        "policy_merge_parts_files_with_their_phones",
        "shared_phone_policy_merge",
        run(
            [who("P1", A), who("P2", A, seen=2)],
            "X1: P1 P2",
            created(("X1", "P1 P2")),
            shared_patient_phone="merge",
        ),
        run(
            [who("P1", A), who("P2", B, seen=2)],
            "X1: P1, X2: P2",
            [*split("P2", "X1", "X2"), ("phone_changed", "P2", f"phone:{B}")],
            shared_patient_phone="merge",
        ),
    ),
    _a_crowd_of_accounts(),
    neighbour(
        "a_verified_phone_takes_over_from_a_remark",
        "verified_beats_remark",
        run([who("P1", A), who("W1", A, unionid="S1:U2")], "X1: P1 W1", created(("X1", "P1 W1"))),
        run(
            [who("P1", A), who("W1", A, unionid="S1:U2"), who("F1", A, unionid="S1:U1", seen=9)],
            "X1: P1 F1, X2: W1",
            [
                *split("W1", "X1", "X2"),
                ("identity_added", "F1", "X1"),
                ("conflict_opened", "W1", f"phone:{A}", "two_unionids"),
            ],
        ),
    ),
    neighbour(
        "the_holder_stays_though_another_file_is_older",
        "sticky_within_equal_strength",
        run([who("P2", A, seen=2)], "X1: P2", created(("X1", "P2"))),
        run(
            [who("P1", A), who("P2", A, seen=2), who("L1", A, seen=3)],
            "X1: P2 L1, X2: P1",
            [
                *created(("X2", "P1")),
                ("identity_added", "L1", "X1"),
                ("lead_bound", "P2", None, "L1"),
                ("conflict_opened", "P1", f"phone:{A}", "two_patients"),
            ],
        ),
        run(
            [who("P1", A), who("P2", seen=2), who("L1", A, seen=3)],
            "X1: P2, X2: P1 L1",
            [
                ("identity_moved", "L1", "X1", "X2"),
                ("lead_unbound", "P2", "L1", None),
                ("lead_bound", "P1", None, "L1"),
                ("conflict_closed", "P1", f"phone:{A}"),
                ("phone_removed", "P2", f"phone:{A}"),
            ],
        ),
    ),
    neighbour(
        "the_new_owner_joins_once_the_former_account_is_gone",
        "recycled_number",
        run(
            [who("P1", A), who("F1", A, unionid="S1:U1"), who("F2", A, unionid="S1:U2", seen=2)],
            "X1: P1 F1, X2: F2",
            [
                *created(("X1", "P1 F1"), ("X2", "F2")),
                ("conflict_opened", "F2", f"phone:{A}", "two_unionids"),
            ],
        ),
        run(
            [who("P1", A), who("F2", A, unionid="S1:U2", seen=2)],
            "X1: P1 F2",
            [
                *merged("F2", "X2", "X1"),
                ("identity_removed", "F1", "X1"),
                ("conflict_closed", "F2", f"phone:{A}"),
            ],
        ),
    ),
    neighbour(
        "what_a_bridge_merged_comes_back_when_it_goes",
        "bridge_merges_two_customers",
        run([who("L1", A), who("L2", B, seen=2)], "X1: L1, X2: L2", created(("X1", "L1"), ("X2", "L2"))),
        run(
            [who("L1", A), who("L2", B, seen=2), who("W5", A, B, seen=5)],
            "X1: L1 L2 W5",
            [*merged("L2", "X2", "X1"), ("identity_added", "W5", "X1")],
        ),
        run(
            [who("L1", A), who("L2", B, seen=2)],
            "X1: L1, X2: L2",
            [*split("L2", "X1", "X2", by="id_revived"), ("identity_removed", "W5", "X1")],
        ),
    ),
    neighbour(
        "an_id_is_revived_where_its_anchor_went",
        "bridge_removed_splits",
        run([who("L1", A), who("L2", B, seen=2)], "X1: L1, X2: L2", created(("X1", "L1"), ("X2", "L2"))),
        run(
            [who("L1", A), who("L2", B, seen=2), who("W5", A, B, seen=5)],
            "X1: L1 L2 W5",
            [*merged("L2", "X2", "X1"), ("identity_added", "W5", "X1")],
        ),
        run(
            [who("L1", A), who("L2", C, seen=2), who("L3", C, seen=3), who("W5", A, B, seen=5)],
            "X1: L1 W5, X2: L2 L3",
            [
                *split("L2", "X1", "X2", by="id_revived"),
                ("identity_added", "L3", "X2"),
                ("phone_changed", "L2", f"phone:{C}"),
            ],
        ),
    ),
    neighbour(
        "a_ring_survives_one_cut",
        "long_chain_is_one_component",
        run(
            [who("W1", A, B), who("W2", B, C, seen=2), who("W3", C, A, seen=3)],
            "X1: W1 W2 W3",
            created(("X1", "W1 W2 W3")),
        ),
        run(
            [who("W1", A, B), who("W2", B, C, seen=2), who("W3", C, seen=3)],
            "X1: W1 W2 W3",
            [("phone_removed", "W3", f"phone:{A}")],
        ),
    ),
    neighbour(
        "a_fan_returns_to_another_customer",
        "fan_leaves_and_returns",
        run(
            [who("F1", unionid="S1:U1"), who("L1", A)], "X1: F1, X2: L1", created(("X1", "F1"), ("X2", "L1"))
        ),
        run([who("L1", A)], "X2: L1", [("id_retired", "X1"), ("identity_removed", "F1", "X1")]),
        run(
            [who("F1", A, unionid="S1:U1"), who("L1", A)],
            "X2: F1 L1",
            [("identity_added", "F1", "X2")],
        ),
    ),
    neighbour(
        "a_deleted_file_leaves_its_id_to_the_lead",
        "patient_file_deleted",
        run(
            [who("P1", A), who("L1", A)],
            "X1: P1 L1",
            [*created(("X1", "P1 L1")), ("lead_bound", "P1", None, "L1")],
        ),
        run(
            [who("L1", A)],
            "X1: L1",
            [("identity_removed", "P1", "X1"), ("lead_unbound", "P1", "L1", None)],
        ),
    ),
    neighbour(
        "a_bind_follows_an_unbind",
        "manual_bind",
        run([who("P1", A), who("W1", A)], "X1: P1 W1", created(("X1", "P1 W1"))),
        run(
            [who("P1", A), who("W1", A)],
            "X1: P1, X2: W1",
            [*split("W1", "X1", "X2"), ("conflict_opened", "W1", f"phone:{A}", "manual_unbind")],
            ops=[("unbind", "P1", "W1")],
        ),
        run(
            [who("P1", A), who("W1", A)],
            "X1: P1 W1",
            [*merged("W1", "X2", "X1"), ("conflict_closed", "W1", f"phone:{A}")],
            ops=[("bind", "W1", "P1")],
        ),
    ),
    neighbour(
        "a_withdrawn_unbind_lets_the_phone_link_again",
        "manual_unbind",
        run([who("P1", A), who("W1", A)], "X1: P1 W1", created(("X1", "P1 W1"))),
        run(
            [who("P1", A), who("W1", A)],
            "X1: P1, X2: W1",
            [*split("W1", "X1", "X2"), ("conflict_opened", "W1", f"phone:{A}", "manual_unbind")],
            ops=[("unbind", "P1", "W1")],
        ),
        run(
            [who("P1", A), who("W1", A)],
            "X1: P1 W1",
            [*merged("W1", "X2", "X1"), ("conflict_closed", "W1", f"phone:{A}")],
            ops=[("withdraw", "P1", "W1")],
        ),
    ),
    neighbour(
        "two_files_part_when_their_bind_is_withdrawn",
        "manual_bind_of_two_files",
        run(
            [who("P1", A), who("P2", B, seen=2), who("W1", A, B)],
            "X1: P1 P2 W1",
            created(("X1", "P1 P2 W1")),
            ops=[("bind", "P1", "P2")],
        ),
        run(
            [who("P1", A), who("P2", B, seen=2), who("W1", A, B)],
            "X1: P1 W1, X2: P2",
            [*split("P2", "X1", "X2"), ("conflict_opened", "W1", f"phone:{B}", "two_patients")],
            ops=[("withdraw", "P2", "P1")],
        ),
    ),
]
