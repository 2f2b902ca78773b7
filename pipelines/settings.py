"""Everything the environment decides, in one class: the only reader of environment variables and of the clock.

No path or number is decided anywhere else; assets get theirs as resources (``pipelines/build.py``).
"""

import datetime as dt
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPOSITORY / "dbt_project"


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
    timezone: str = "Asia/Shanghai"
    memory_limit: str = "12GB"
    erasure_key_file: Path = Path.home() / ".config" / "clinic-cdp" / "erasure.key"

    log_retention_days: int = 180
    export_row_limit: int = 100_000
    smart_tag_quota: int = 100
    smart_segment_quota: int = 50
    keep_published: int = 7

    phone_max_identities: int = 10
    phone_max_patients: int = 5
    phone_max_unionids: int = 3
    unionid_max_identities: int = 20
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
