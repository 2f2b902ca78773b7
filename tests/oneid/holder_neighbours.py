"""Keys that several share: the limits beyond which none links, and who holds one within them."""

from itertools import chain

from tests.oneid.case_words import A, B, created, merged, neighbour, run, split, who

LEADS = [f"L{n:02d}" for n in range(1, 12)]
FILES = [f"P{n}" for n in range(1, 7)]


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


HOLDER_NEIGHBOURS = [
    _a_crowd_of_leads(),
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
]
