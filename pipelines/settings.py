"""Everything the environment decides, in one class: the only reader of environment variables and of the clock.

No path or number is decided anywhere else; assets get theirs as resources (``pipelines/build.py``).
"""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPOSITORY / "dbt_project"
XLSX_ROWS = 1_048_576
# Set by this program for dbt and Dagster.
_INTERNAL = {"CDP_DAGSTER_DIR", "CDP_WAREHOUSE"}
_EXPECTED = {
    "string_pattern_mismatch": "应为大小，如 12GB",
    "dict_type": "应为 JSON 对象",
    "string_type": "应为文字",
}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("应为时区名，如 Asia/Shanghai") from None
    return name


AtLeastOne = Annotated[int, Field(ge=1)]
Quota = Annotated[int, Field(ge=0)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Bytes = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")]


class Settings(BaseSettings):
    """Settings of one tenant, each from ``CDP_<NAME>`` (interfaces.md §2)."""

    # A secret in a setting that cannot be read must not be quoted back.
    model_config = SettingsConfigDict(
        env_prefix="CDP_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = REPOSITORY / "var"
    landing: Path | None = None
    library: Path | None = None
    mappings: Path | None = None
    sources: Path | None = None
    # Name to URL, as JSON, such as {"his": "mysql://user:password@host/database"}.
    source_connections: dict[str, SecretStr] = {}
    timezone: Zone = "Asia/Shanghai"
    memory_limit: Bytes = "12GB"
    erasure_key_file: Path = Path.home() / ".config" / "clinic-cdp" / "erasure.key"

    log_retention_days: AtLeastOne = 180
    export_row_limit: Annotated[int, Field(ge=1, lt=XLSX_ROWS)] = 100_000
    smart_tag_quota: Quota = 100
    smart_segment_quota: Quota = 50
    keep_published: AtLeastOne = 7

    phone_max_identities: AtLeastOne = 10
    phone_max_patients: AtLeastOne = 5
    phone_max_unionids: AtLeastOne = 3
    unionid_max_identities: AtLeastOne = 20
    shared_patient_phone: Literal["holder", "none", "merge"] = "holder"

    # corpid or appid to secret, as JSON; the addresses are for a stand-in or a proxy.
    wecom_accounts: dict[str, SecretStr] = {}
    wecom_url: HttpUrl = HttpUrl("https://qyapi.weixin.qq.com")
    wechat_oa_accounts: dict[str, SecretStr] = {}
    wechat_oa_url: HttpUrl = HttpUrl("https://api.weixin.qq.com")

    @property
    def root(self) -> Path:
        """CDP_HOME as an absolute path."""
        return self.home.resolve()

    @property
    def landing_dir(self) -> Path:
        return (self.landing or self.root / "landing").resolve()

    @property
    def library_dir(self) -> Path:
        return (self.library or self.root / "library").resolve()

    @property
    def mappings_dir(self) -> Path:
        return (self.mappings or self.root / "mappings").resolve()

    @property
    def sources_dir(self) -> Path:
        return (self.sources or self.root / "sources").resolve()

    @property
    def scratch_dir(self) -> Path:
        return self.root / "scratch"

    @property
    def warehouse_file(self) -> Path:
        return self.root / "warehouse" / "cdp.duckdb"

    @property
    def published_dir(self) -> Path:
        return self.root / "published"

    @property
    def exports_dir(self) -> Path:
        return self.root / "exports"

    @property
    def dagster_dir(self) -> Path:
        return self.root / "dagster"

    @property
    def suppressed_file(self) -> Path:
        return self.root / "suppressed.txt"

    def identity_vars(self) -> dict[str, int | str]:
        """The OneID limits as dbt variables (oneid.md §2.3, §2.5)."""
        names = (
            "phone_max_identities",
            "phone_max_patients",
            "phone_max_unionids",
            "unionid_max_identities",
            "shared_patient_phone",
        )
        return {name: getattr(self, name) for name in names}

    def now(self) -> dt.datetime:
        """The present moment in the tenant's zone: for the sensor and the ops tables, never for content."""
        return dt.datetime.now(ZoneInfo(self.timezone))

    def today(self) -> dt.date:
        """Tonight's as_of when none is given."""
        return self.now().date()


def settings_problems(error: ValidationError | SettingsError) -> list[str]:
    """What is wrong with the environment, one Chinese sentence a variable; a value is never quoted back."""
    if isinstance(error, SettingsError):
        return [f"设置无法读懂，应为 JSON 对象：{error}"]
    return [
        f"设置 CDP_{str(problem['loc'][0]).upper()} 不对：{_expected(problem['type'], problem.get('ctx', {}))}"
        for problem in error.errors(include_input=False, include_url=False)
    ]


def unknown_variables() -> list[str]:
    """Variables of the environment that look like settings and are none."""
    known = {f"CDP_{name.upper()}" for name in Settings.model_fields} | _INTERNAL
    return sorted(name for name in os.environ if name.startswith("CDP_") and name not in known)


def _expected(kind: str, context: dict[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return f"应不小于 {context['ge']}"
        case "less_than":
            return f"应小于 {context['lt']}"
        case "literal_error":
            return f"应为 {str(context['expected']).replace(' or ', '、').replace(', ', '、')} 之一"
        case "value_error":
            return str(context["error"])
        case _:
            return _EXPECTED.get(kind, "应为整数" if kind.startswith("int_") else f"写法不对（{kind}）")
