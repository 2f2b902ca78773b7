"""What is wrong with the files of a home: pointer, lock, leftovers, space, permissions, landing, mappings.

What the last night found in its extracts is in ``night.py``.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

from assets.delivery.publishing import CURRENT
from assets.erasure.journal import Journal
from assets.extracts.contract import load_contracts
from assets.extracts.landing import Stray, day_of, landed_tonight, strays
from assets.extracts.spelling import nearest
from assets.extracts.suppression import Suppression, SuppressionKeyError
from assets.home_lock import holder_of
from assets.sources.loading import load_mappings
from pipelines.doctor.finding import Finding, Severity, listed
from pipelines.doctor.required import check_required_files
from pipelines.published import published_night
from pipelines.settings import Settings, unknown_variables

# A night is due every day; two days without one is one that failed or did not start.
OLDEST_NIGHT = dt.timedelta(days=1)
SMALLEST_FREE = 1 << 30
_HEADER_BYTES = 3 * 4096
_MAGIC = slice(8, 12)


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Variables that look like settings and are none; their value is ignored in silence."""
    known = [f"CDP_{name.upper()}" for name in type(settings).model_fields]
    for name in unknown_variables():
        near = nearest(name, known)
        yield Finding(
            "unknown_setting",
            Severity.warning,
            f"环境变量 {name} 不是设置，没有作用" + (f"，是不是 {near}？" if near else ""),
            f"改名为 {near}，或删除它" if near else "删除它",
        )


def check_published(settings: Settings, today: dt.date) -> Iterator[Finding]:
    """No night yet, a broken pointer, a night without its sidecar, or an old one."""
    current = settings.published_dir / CURRENT
    kept = sorted(settings.published_dir.glob("cdp_*.duckdb"), key=lambda path: path.stat().st_mtime)
    if not current.exists():
        yield _broken_pointer(settings, kept[-1]) if kept else _first_night(settings)
        return
    sidecar = settings.published_dir / "private" / current.resolve().name
    night = published_night(settings.published_dir)
    if not sidecar.exists():
        yield Finding(
            "sidecar_missing",
            Severity.error,
            f"已发布的 {current.resolve().name} 在 private/ 里没有配套文件，手机号条件算不了",
            f"cdp nightly --as-of {night}",
        )
    if night is not None and today - night > OLDEST_NIGHT:
        # What a mapping brings lands when the night runs, and may lie on another machine: it is not waited for here.
        mapped = {"/".join(extract.contract.id) for extract in load_mappings(settings.mappings_dir)[0]}
        landed = landed_tonight(settings.landing_dir, today)
        missing = [name for name, there in landed.items() if not there and name not in mapped]
        waits = f"；今天（{today}）还缺必需的 {'、'.join(missing)}" if missing else ""
        yield Finding(
            "published_is_old",
            Severity.error,
            f"最近一次发布是 {night}，已过去 {(today - night).days} 天{waits}",
            f"cdp nightly --as-of {today}；定时启动由 Dagster 的传感器 night_is_due 负责，make ui 可见它在等什么",
        )


def check_last_run(settings: Settings) -> Iterator[Finding]:
    """Who holds the home, or an erasure or a night that began and did not come to its end."""
    holder = holder_of(settings.warehouse_file)
    if holder is not None:
        since = holder.since.astimezone(ZoneInfo(settings.timezone))
        yield Finding(
            "held",
            Severity.note,
            f"运行 {holder.name} 自 {since:%m-%d %H:%M} 起正在使用本租户",
            "等它结束；make ui 可见它在做什么。进程一死，锁就没有了",
        )
        return
    if Journal.of(settings.warehouse_file).path.exists():
        yield Finding(
            "erasure_unfinished",
            Severity.error,
            "上一次擦除没有完成，在此之前夜间计算不会开始",
            "用同样的输入重新运行 cdp erase -；如果它说没有这个客户，就是已经擦除，下一次夜间计算会收尾",
        )
    published = published_night(settings.published_dir)
    begun = max(nights_begun(settings), default=None)
    if begun is not None and (published is None or begun > published):
        yield Finding(
            "night_unfinished",
            Severity.error,
            f"{begun} 的夜间计算开始过，没有发布（失败，或中途被杀）",
            f"cdp nightly --as-of {begun}：会指出失败的步骤和原因；dbt 的输出在"
            f" {settings.dagster_dir / f'nightly_{begun}.log'}",
        )
        yield from check_required_files(settings.landing_dir, begun)
    leftovers = _leftovers(settings)
    if leftovers:
        yield Finding(
            "leftovers",
            Severity.note,
            f"中断的运行留下了 {listed([_under(settings.root, path) for path in leftovers])}",
            "不用处理：下一次夜间计算会清理",
        )


def check_warehouse_file(settings: Settings) -> Iterator[Finding]:
    """A file that is gone or is no DuckDB database, told from its head: it is never opened as one here."""
    file = settings.warehouse_file
    nights = nights_begun(settings)
    if published_night(settings.published_dir) is None and not file.exists():
        return
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEADER_BYTES)
        fine = len(head) == _HEADER_BYTES and head[_MAGIC] == b"DUCK"
        problem = "" if fine else "不是完整的 DuckDB 文件"
    except OSError as error:
        problem = "不见了" if isinstance(error, FileNotFoundError) else "打不开（权限或磁盘）"
    if problem:
        in_order = " ".join(str(night) for night in nights) or "各夜日期"
        yield Finding(
            "warehouse_unreadable",
            Severity.error,
            f"数据仓库 {file} {problem}；已发布的数据不受影响，但下一夜会从头分配 OneID",
            f"有备份就恢复备份；否则从落地文件按原顺序重建：移走 {file.name} 和 {file.name}.wal，再运行"
            f" for D in {in_order}; do cdp nightly --as-of $D; done",
        )


def check_disk(settings: Settings, free: int | None = None) -> Iterator[Finding]:
    """Whether the next night fits: a new published file and sidecar, and the warehouse again for its growth."""
    sizes = [settings.warehouse_file, (settings.published_dir / CURRENT).resolve()]
    need = max(2 * sum(path.stat().st_size for path in sizes if path.exists()), SMALLEST_FREE)
    if free is None:
        existing = next(path for path in (settings.root, *settings.root.parents) if path.exists())
        free = shutil.disk_usage(existing).free
    if free < need:
        yield Finding(
            "disk_is_full",
            Severity.error,
            f"{settings.root} 所在磁盘只剩 {_size(free)}，下一夜大约需要 {_size(need)}",
            f"清理磁盘，或减少保留的版本：CDP_KEEP_PUBLISHED（现为 {settings.keep_published}）",
        )


def check_private(settings: Settings) -> Iterator[Finding]:
    """Full phones readable by others, and the erasure key where a copy of the home would take it along."""
    private = settings.published_dir / "private"
    for path, wanted in ((private, 0o700), *((file, 0o600) for file in sorted(private.glob("*.duckdb")))):
        if path.exists() and (mode := path.stat().st_mode & 0o777) & ~wanted:
            yield Finding(
                "private_is_open",
                Severity.error,
                f"{_under(settings.root, path)} 存有完整手机号，权限是 {mode:03o}，应为 {wanted:03o}",
                f"chmod {wanted:03o} {quote(str(path))}",
            )
    key = settings.erasure_key_file
    try:
        Suppression.load(settings.suppressed_file, key)
    except SuppressionKeyError as error:
        yield Finding("erasure_key", Severity.error, str(error), "恢复密钥的备份；没有它，夜间计算不会运行")
    if not key.exists():
        return
    if key.resolve().is_relative_to(settings.root):
        yield Finding(
            "erasure_key_in_home",
            Severity.error,
            f"擦除名单的密钥 {key} 在租户目录里，复制目录就带走了它",
            f"移到目录之外，并设置 CDP_ERASURE_KEY_FILE：mv {quote(str(key))} ~/.config/clinic-cdp/",
        )
    if key.stat().st_mode & 0o077:
        yield Finding(
            "erasure_key_is_open",
            Severity.error,
            f"密钥 {key} 可被其他用户读取（权限 {key.stat().st_mode & 0o777:03o}，应为 600）",
            f"chmod 600 {quote(str(key))}",
        )


def check_landing(settings: Settings) -> Iterator[Finding]:
    """What lies in the landing and no contract knows, with the name that was probably meant."""
    for stray in strays(settings.landing_dir, load_contracts()):
        meant = meant_by(stray)
        path = settings.landing_dir / stray.relative
        target = settings.landing_dir / meant if meant else None
        if target is None:
            cure = f"按 CONTRIBUTING 加一个数据源，或移走 {path}"
        elif target.exists():
            cure = f"把其中的文件移到 {target}，再删除 {path}"
        else:
            cure = f"mv {quote(str(path))} {quote(str(target))}"
        yield Finding(
            "stray", Severity.warning, f"落地目录里的 {stray.relative} 没有读：{stray.reason}", cure
        )


def check_mappings(settings: Settings) -> Iterator[Finding]:
    """Mappings of the clinic's own exports that cannot be followed: their files do not land."""
    _, problems = load_mappings(settings.mappings_dir)
    for problem in problems:
        yield Finding(
            "mapping_wrong",
            Severity.error if problem.contract and problem.contract.required else Severity.warning,
            f"映射 {problem}",
            f"改正 {settings.mappings_dir / problem.path}，再运行 cdp source check",
        )


def check_pulls(settings: Settings) -> Iterator[Finding]:
    """Pulls of an API that fetched a part of a date and have not landed all of it."""
    for folder in sorted(settings.landing_dir.glob("*/*/_pull/dt=*")):
        source, extract = folder.parts[-4:-2]
        yield Finding(
            "pull_unfinished",
            Severity.warning,
            f"{source}/{extract} 的拉取（{folder.name.removeprefix('dt=')}）没有拉全，或还在进行",
            f"cdp pull {source} --as-of {folder.name.removeprefix('dt=')}：只补问缺的部分",
        )


def meant_by(stray: Stray) -> str | None:
    """The folder of the landing, as ``source`` or ``source/extract``, whose name is nearest to a stray's."""
    extracts: dict[str, list[str]] = {}
    for source, extract in load_contracts():
        extracts.setdefault(source, []).append(extract)
    match stray.relative.split("/"):
        case [source]:
            return nearest(source, extracts)
        case [source, extract]:
            name = nearest(extract, extracts[source])
            return f"{source}/{name}" if name else None
        case [source, extract, *_]:
            return f"{source}/{extract}/dt=YYYY-MM-DD"
        case _:
            return None


def nights_begun(settings: Settings) -> list[dt.date]:
    """The nights that kept their inputs in the landing, in order; the newest may have failed."""
    kept = (settings.landing_dir / "_state").glob("dt=*")
    return sorted(day for folder in kept if (day := day_of(folder.name)))


def _first_night(settings: Settings) -> Finding:
    """The empty state: what to do next, by what is already there."""
    dates = sorted({path.name.removeprefix("dt=") for path in settings.landing_dir.glob("*/*/dt=????-??-??")})
    steps = []
    if not dates:
        steps.append(
            f"把导出文件放到 {settings.landing_dir}/<数据源>/<数据表>/dt=YYYY-MM-DD/"
            f"（或先看样例：cdp sample --out {settings.landing_dir} --customers 3000）"
        )
    if not any(settings.library_dir.rglob("*.json")):
        steps.append("取用规则模板：cdp rules new --from all")
    steps.append(f"cdp nightly --as-of {dates[-1]}" if dates else "cdp nightly")
    return Finding("nothing_published", Severity.warning, "还没有发布过任何一夜", "；然后 ".join(steps))


def _broken_pointer(settings: Settings, newest: Path) -> Finding:
    current = settings.published_dir / CURRENT
    what = "指向的文件不在了" if current.is_symlink() else "不见了"
    return Finding(
        "pointer_broken",
        Severity.error,
        f"published/{CURRENT} {what}，分析师打不开数据",
        f"ln -sfn {newest.name} {quote(str(current))}",
    )


def _leftovers(settings: Settings) -> list[Path]:
    patterns = {
        settings.root: ("published/*.part*", "published/private/*.part*", "warehouse/spill/*", "*.part"),
        settings.landing_dir: ("_state/*.part",),
    }
    return sorted(path for folder, found in patterns.items() for one in found for path in folder.glob(one))


def _under(root: Path, path: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
