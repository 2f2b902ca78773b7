"""A whole night of a clinic with exports of its own publishes what the same group publishes that lands our shape."""

import shutil
from pathlib import Path

from pipelines.settings import Settings
from tests.assets.sources.clinic_exports import MAPPED, MAPPINGS, export_clinic
from tests.conftest import NightsHome, run_night
from tests.content import content_hashes


def test_the_same_content_is_published(nights_home: NightsHome, tmp_path: Path) -> None:
    night = nights_home.nights[0]
    settings = Settings(home=tmp_path)
    ours = nights_home.settings
    for folder in ours.landing_dir.glob(f"*/*/dt={night}"):
        relative = folder.relative_to(ours.landing_dir)
        if relative.parent.as_posix() not in MAPPED:
            shutil.copytree(folder, settings.landing_dir / relative)
    shutil.copytree(ours.library_dir, settings.library_dir)
    shutil.copytree(MAPPINGS, settings.mappings_dir)
    export_clinic(ours.landing_dir, settings.sources_dir, [night])
    run_night(settings, night)
    found = content_hashes((settings.published_dir / "current.duckdb").resolve())
    assert found == content_hashes(nights_home.published[night])
