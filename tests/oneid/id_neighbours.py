"""Ids that last: bridges, returns and decisions of the staff that join customers and part them again."""

from tests.oneid.case_words import A, B, C, created, merged, neighbour, run, split, who

# A contact that the patient's phone links until the staff unbind the two.
UNBOUND = [
    run([who("P1", A), who("W1", A)], "X1: P1 W1", created(("X1", "P1 W1"))),
    run(
        [who("P1", A), who("W1", A)],
        "X1: P1, X2: W1",
        [*split("W1", "X1", "X2"), ("conflict_opened", "W1", f"phone:{A}", "manual_unbind")],
        ops=[("unbind", "P1", "W1")],
    ),
]
ID_NEIGHBOURS = [
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
        *UNBOUND,
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
        *UNBOUND,
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
