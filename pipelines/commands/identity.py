"""``cdp identity explain``: why identities are one customer, or what keeps two customers apart (product 000 §2.3).

Layout only: the tree on the terminal and the JSON. Names are found by ``identity_lookup.py``, paths by
``identity_links.py``, and the words for keys and reasons come from the tables.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.tree import Tree

    from pipelines.identity_links import Identity, Link, SharedKey, Step
    from pipelines.identity_lookup import Customer, Named, Profile

app = typer.Typer(no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(help="OneID，或 patient:编号、wecom:编号、mini:APPID:OPENID、fan:APPID:OPENID、lead:编号"),
]
OtherName = Annotated[str | None, typer.Argument(help="另一位客户或另一个身份")]


@app.command("explain")
def explain(
    a: Name,
    b: OtherName = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON")] = False,
) -> None:
    """Why the identities of A are one customer; with B what joins A and B, or what keeps them apart."""
    from exports.masking import mask_text
    from pipelines.identity_lookup import UnknownNameError, find, load_customer
    from pipelines.published import NothingPublishedError, PublishedDatabase

    try:
        with PublishedDatabase.open(Settings().published_dir) as published:
            names = [find(published.connection, text) for text in (a, b) if text is not None]
            customers = {name.oneid: load_customer(published.connection, name.oneid) for name in names}
    except (NothingPublishedError, UnknownNameError) as error:
        typer.echo(mask_text(str(error)), err=True)
        raise typer.Exit(1) from None
    except ValueError as error:
        raise typer.BadParameter(mask_text(str(error))) from None

    answer: dict[str, Any] = {"as_of": published.as_of, "asked": [_named_as_json(name) for name in names]}
    ends = {_end(name, customers[name.oneid]) for name in names}
    if len(customers) == 2:
        _apart(answer, names, customers, as_json)
    elif len(ends) == 2:
        _joined(answer, names, customers[names[0].oneid], as_json)
    else:
        _one(answer, names, customers[names[0].oneid], ends.pop(), as_json)


def _end(name: "Named", customer: "Customer") -> "Identity":
    """The identity that a name means: of a customer the best-ranked one."""
    return name.identity or customer.profiles[0].identity


def _one(
    answer: dict[str, Any], names: "list[Named]", customer: "Customer", root: "Identity", as_json: bool
) -> None:
    """The customer as a tree from ``root``, and the keys that link nothing."""
    from pipelines.identity_links import ACCEPTED, steps_from

    steps = steps_from(root, customer.links)
    idle = [link for link in customer.links if link.verdict != ACCEPTED]
    if as_json:
        answer |= {
            "verdict": "one",
            "oneid": customer.oneid,
            "identities": [
                _profile_as_json(profile) | {"via": _step_as_json(steps.get(profile.identity))}
                for profile in customer.profiles
            ],
            "unused": [_link_as_json(link) for link in idle],
        }
        _print_json(answer)
        return
    console = _console(answer, names)
    console.print(f"客户 {customer.oneid} 有 {len(customer.profiles)} 个身份：")
    console.print(_tree(customer, root, steps))
    if idle:
        console.print(_unused(idle))


def _joined(answer: dict[str, Any], names: "list[Named]", customer: "Customer", as_json: bool) -> None:
    """The shortest chain between two identities of one customer."""
    from pipelines.identity_links import path

    start, stop = (_end(name, customer) for name in names)
    chain = path(start, stop, customer.links)
    if as_json:
        answer |= {"verdict": "one", "oneid": customer.oneid, "path": [_step_as_json(step) for step in chain]}
        _print_json(answer)
        return
    console = _console(answer, names)
    labels = _labels(customer)
    console.print(f"是同一位客户 {customer.oneid}：")
    console.print(labels[start])
    for step in chain:
        console.print(f"  └─ {_step_text(step)}")
        console.print(labels[step.far.identity])


def _apart(
    answer: dict[str, Any], names: "list[Named]", customers: "dict[str, Customer]", as_json: bool
) -> None:
    """The keys that both customers bring, and why none of them joins the two."""
    from pipelines.identity_links import shared_keys

    left, right = (customers[name.oneid] for name in names)
    shared = shared_keys(left.links, right.links)
    if as_json:
        answer |= {"verdict": "apart", "oneids": [left.oneid, right.oneid]}
        answer["shared_keys"] = [
            {"a": [_link_as_json(link) for link in key.a], "b": [_link_as_json(link) for link in key.b]}
            for key in shared
        ]
        _print_json(answer)
        return
    console = _console(answer, names)
    console.print(f"是两位客户 {left.oneid} 和 {right.oneid}。")
    if shared:
        console.print(_obstacles(left, right, shared))
    else:
        console.print("没有共同的线索：两边的手机号、unionid 和绑定没有一个相同。")


def _tree(customer: "Customer", root: "Identity", steps: "dict[Identity, Step]") -> "Tree":
    """Identities hang on the keys that reach them; those on one key together."""
    from rich.tree import Tree

    labels = _labels(customer)
    branches = {root: Tree(labels[root])}
    keys: dict[tuple[Identity, str], Tree] = {}
    for identity, step in steps.items():  # nearest first, so the branch it grows on is there
        held = (step.near.identity, _step_text(step))
        if held not in keys:
            keys[held] = branches[step.near.identity].add(held[1])
        branches[identity] = keys[held].add(labels[identity])
    return branches[root]


def _unused(links: "Iterable[Link]") -> "Table":
    table = _table("未采用的联系", "身份", "方式", "键", "原因", "自")
    for link in links:
        table.add_row(
            ":".join(link.identity),
            link.method,
            link.key_value or "",
            _verdict_text(link),
            str(link.since or ""),
        )
    return table


def _obstacles(left: "Customer", right: "Customer", shared: "list[SharedKey]") -> "Table":
    table = _table("共同的线索，以及为什么没有相连", "键", left.oneid, right.oneid)
    for key in shared:
        table.add_row(key.a[0].key_value or "", _side_text(key.a), _side_text(key.b))
    return table


def _side_text(links: "list[Link]") -> str:
    lines = []
    for link in links:
        since = f"（自 {link.since}）" if link.since else ""
        lines += [":".join(link.identity), f"{link.method}：{_verdict_text(link)}{since}"]
    return "\n".join(lines)


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_lines=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _verdict_text(link: "Link") -> str:
    """What became of the link; of a refused one also who holds the key instead."""
    holder = f"；由客户 {link.held_by_oneid} 持有" if link.held_by_oneid not in (None, link.oneid) else ""
    return f"{link.explanation or '采用'}{holder}"


def _step_text(step: "Step") -> str:
    """Both ways in which the key came, and how strong the weaker one is."""
    both = (step.near, step.far)
    methods = " ＝ ".join(dict.fromkeys(link.method for link in both))
    weaker = max(link.strength or 0 for link in both)
    since = max(link.since for link in both if link.since)
    return f"{methods} {step.near.key_value}（强度 {weaker}，自 {since}）"


def _labels(customer: "Customer") -> "dict[Identity, str]":
    return {
        profile.identity: " · ".join(
            part
            for part in (
                f"{profile.label} {profile.identity.source_id}",
                profile.name,
                profile.store_name,
                profile.status,
                f"首次出现 {profile.first_seen_on}",
            )
            if part
        )
        for profile in customer.profiles
    }


def _console(answer: dict[str, Any], names: "list[Named]") -> "Console":
    from rich.console import Console

    # names and nicknames are people's own: brackets and colons in them are text
    console = Console(markup=False, highlight=False, emoji=False)
    console.print(f"数据日期 {answer['as_of']}")
    for name in names:
        if name.retired:
            console.print(f"{name.text} 已停用，现在是 {name.oneid}")
        if name.merged_into:
            console.print(f"{name.text} 已并入 {name.merged_into}")
    return console


def _named_as_json(name: "Named") -> dict[str, Any]:
    return {
        "name": name.text,
        "oneid": name.oneid,
        "retired": name.retired,
        "merged_into": name.merged_into,
    }


def _profile_as_json(profile: "Profile") -> dict[str, Any]:
    identity_type, source_id = profile.identity
    return {
        "identity_type": identity_type,
        "source_id": source_id,
        "name": profile.name,
        "store": profile.store_name,
        "status": profile.status,
        "first_seen_on": profile.first_seen_on,
        "linked_at": profile.linked_at,
    }


def _step_as_json(step: "Step | None") -> dict[str, Any] | None:
    return None if step is None else {"from": _link_as_json(step.near), "to": _link_as_json(step.far)}


def _link_as_json(link: "Link") -> dict[str, Any]:
    identity_type, source_id = link.identity
    return {"identity_type": identity_type, "source_id": source_id} | {
        name: value for name, value in vars(link).items() if name != "identity"
    }


def _print_json(answer: dict[str, Any]) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
