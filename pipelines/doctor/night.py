"""What the last published night found: extracts, files, rows, owners, rules, quotas, stores (the tables of ``ops``).

Each check asks the published database; what lies in the home's folders is for ``home.py``.
"""

import datetime as dt
from collections.abc import Iterator

import duckdb

from assets.extracts.contract import load_contracts
from assets.extracts.landing import Stray, strays
from exports.masking import mask_text
from pipelines.doctor.finding import Finding, Severity, listed
from pipelines.doctor.home import meant_by
from pipelines.published import has_table
from pipelines.settings import Settings

# Below this share, refused rows are the usual dirt of a source.
REFUSED_SHARE = 0.01
# Time enough to renew a purchase.
EXPIRES_SOON = dt.timedelta(days=30)
# A library this full cannot take the next rules of a marketer.
QUOTA_LEFT_SHARE = 0.1
_QUOTA_LABELS = {"tag": "智能标签", "segment": "智能分群"}
_SHOWN_REASONS = 3


def check_extracts(
    connection: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings
) -> Iterator[Finding]:
    """Stale extracts; a required one, and one never seen, with the stray that is probably it."""
    found = strays(settings.landing_dir, load_contracts())
    nearest_to = {meant: stray for stray in found for meant in _extracts_meant(settings, stray)}
    rows = connection.execute(
        "select source || '/' || extract, required, state, reason from ops.extract_status"
        " where as_of = ? and state <> 'ok' order by not required, 1",
        [as_of],
    ).fetchall()
    for name, required, state, reason in rows:
        stray = nearest_to.get(name)
        if state == "off" and not required and stray is None:
            continue
        hint = f"；落地目录里的 {stray.relative} 可能就是它" if stray else ""
        place = settings.landing_dir / name / f"dt={as_of}"
        yield Finding(
            "required_extract_missing" if required else "extract_stale",
            Severity.error if required else Severity.warning,
            f"{'必需的' if required else ''}{name}：{reason}{hint}",
            f"改正名称（见“落地目录里的 {stray.relative}”），再 cdp nightly --as-of {as_of}"
            if stray
            else f"请来源系统补送到 {place}；晚到的文件下一夜照读",
        )


def check_files(
    connection: duckdb.DuckDBPyConnection, as_of: dt.date, settings: Settings
) -> Iterator[Finding]:
    """Files refused whole that still lie there: they are judged again every night."""
    rows = connection.execute(
        "select path, reason from ops.extract_files where as_of = ? and status = 'quarantined'"
        " and dt is not null order by path",
        [as_of],
    ).fetchall()
    for path, reason in rows:
        cause = mask_text(reason or "").partition("；")[0]
        yield Finding(
            "file_quarantined",
            Severity.warning,
            f"文件 {path} 被隔离：{cause}",
            f"换上正确的文件（ops.extract_files.reason 有全文），或移走它：{settings.landing_dir / path}",
        )


def check_rows(connection: duckdb.DuckDBPyConnection, as_of: dt.date, _: Settings) -> Iterator[Finding]:
    """Refused rows by extract, with the commonest reasons."""
    rows = connection.execute(
        """
        with reasons as (
            select source, extract, reason, count(*) as refused
            from ops.quarantine_rows where as_of = $1 group by all
        ),
        read as (
            select source, extract, sum(rows_in) as rows_in from ops.extract_files where as_of = $1 group by all
        )
        select reasons.source || '/' || reasons.extract, sum(refused), max(rows_in),
            list(reason || '（' || refused || ' 行）' order by refused desc, reason)
        from reasons inner join read on reasons.source = read.source and reasons.extract = read.extract
        group by all
        order by 2 desc, 1
        """,
        [as_of],
    ).fetchall()
    for name, refused, rows_in, reasons in rows:
        many = refused > REFUSED_SHARE * rows_in
        told = "；".join(mask_text(reason) for reason in reasons[:_SHOWN_REASONS])
        yield Finding(
            "rows_quarantined",
            Severity.warning if many else Severity.note,
            f"{name} 有 {refused:,} 行被隔离（共读 {rows_in:,} 行），最常见：{told}",
            "ops.quarantine_rows 有文件、行号、列和原因；请来源系统改正后重送",
        )


def check_unmapped(connection: duckdb.DuckDBPyConnection, as_of: dt.date, _: Settings) -> Iterator[Finding]:
    """Values that the clinic's mapping does not name: no rule that asks for the mapped ones finds their rows."""
    if not has_table(connection, "ops.unmapped_values"):
        return
    rows = connection.execute(
        "select source || '/' || extract, column_name, sum(row_count),"
        " list(value || '（' || row_count || ' 行）' order by row_count desc, value)"
        " from ops.unmapped_values where as_of = ? group by all order by 3 desc, 1, 2",
        [as_of],
    ).fetchall()
    for name, column, count, values in rows:
        yield Finding(
            "values_unmapped",
            Severity.warning,
            f"{name} 的列 {column} 有 {count:,} 行的值没有映射：{listed([mask_text(value) for value in values])}",
            f"在映射 {name}.yaml 的 {column} 下补上这些值，再运行 cdp source check",
        )


def check_orphans(connection: duckdb.DuckDBPyConnection, _: dt.date, __: Settings) -> Iterator[Finding]:
    """Documents and events that wait for their owner."""
    rows = connection.execute(
        "select source || '/' || extract, reason, count(*) from ops.orphan_rows group by all order by 3 desc, 1, 2"
    ).fetchall()
    if rows:
        told = [f"{name} {count:,} 行（{reason}）" for name, reason, count in rows]
        yield Finding(
            "orphans",
            Severity.note,
            f"{sum(count for _, _, count in rows):,} 行单据或行为无主：{'、'.join(told)}",
            "每夜会再试，多半是另一个文件晚到；一直不减少时，按 ops.orphan_rows 里的编号请来源系统核对",
        )


def check_rules(connection: duckdb.DuckDBPyConnection, _: dt.date, __: Settings) -> Iterator[Finding]:
    """Rules that were not computed through a fault of their own; stale and off ones follow from their extracts."""
    rows = connection.execute(
        "select kind, rule_id, name, state, reason from audience.rules where state in ('failed', 'blocked')"
        " order by all"
    ).fetchall()
    for kind, rule_id, name, state, reason in rows:
        word = "计算失败" if state == "failed" else "被阻塞"
        why = mask_text(reason or "")
        yield Finding(
            f"rule_{state}",
            Severity.warning,
            f"{_QUOTA_LABELS[kind]}“{mask_text(name)}”（{rule_id}）{word}：{why}；人员保持上一次的结果",
            f"cdp rules check 指出位置；改好后 cdp {kind} recompute {rule_id}",
        )


def check_quotas(connection: duckdb.DuckDBPyConnection, as_of: dt.date, _: Settings) -> Iterator[Finding]:
    """A quota that is used up or nearly, or whose purchase ends soon."""
    rows = connection.execute(
        'select kind, total, "left", sentence, expires_on from audience.quota_status order by kind'
    ).fetchall()
    for kind, total, left, sentence, expires_on in rows:
        ends_soon = expires_on is not None and expires_on - as_of <= EXPIRES_SOON
        if ends_soon or left <= QUOTA_LEFT_SHARE * total:
            yield Finding(
                "quota",
                Severity.warning,
                sentence,
                f"停用不再使用的{_QUOTA_LABELS[kind]}（status 改为 disabled），或续购扩充",
            )


def check_stores(connection: duckdb.DuckDBPyConnection, as_of: dt.date, _: Settings) -> Iterator[Finding]:
    """Stores whose subscription has ended; a warning on the night that customers leave because of it."""
    ended = connection.execute(
        "select name || '（' || store_id || '）' from core.dim_stores where cdp_ended order by store_id"
    ).fetchall()
    if not ended:
        return
    row = connection.execute(
        "select count(distinct oneid) from audience.member_log where as_of = ? and reason = '门店到期'",
        [as_of],
    ).fetchone()
    left = row[0] if row else 0
    told = f"，今晚有 {left:,} 位客户因此移出标签或分群" if left else ""
    yield Finding(
        "subscription_ended",
        Severity.warning if left else Severity.note,
        f"{len(ended)} 个门店的 CDP 订阅已到期：{listed([name for (name,) in ended])}；其客户不参加夜间计算{told}",
        "续订后，ekanya/store_subscriptions 的新数据会让它们回来；不再续订则无需处理",
    )


NIGHT_CHECKS = (
    check_extracts,
    check_files,
    check_rows,
    check_unmapped,
    check_rules,
    check_quotas,
    check_stores,
    check_orphans,
)


def _extracts_meant(settings: Settings, stray: Stray) -> list[str]:
    """The extracts (``source/extract``) that a stray is probably meant to be."""
    meant = meant_by(stray)
    if meant is None or meant.count("/") > 1:
        return []
    if "/" in meant:
        return [meant]
    inside = settings.landing_dir / stray.relative
    return (
        [f"{meant}/{folder.name}" for folder in sorted(inside.iterdir()) if folder.is_dir()]
        if inside.is_dir()
        else []
    )
