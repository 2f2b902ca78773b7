"""Keys that come, change and go: phones and unionids as they are written, corrected, and bind leads or accounts."""

from tests.oneid.case_words import A, B, C, created, merged, neighbour, run, split, who

KEY_NEIGHBOURS = [
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
]
