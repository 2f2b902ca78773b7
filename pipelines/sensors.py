"""When the night starts by itself: once tonight's required extracts are complete, at 06:30 local time at the latest.

One sensor serves both, so one run key keeps a date from starting twice. Whether a file is good is decided in the
night itself (``assets/extracts``).
"""

import datetime as dt

import dagster as dg

from assets.extracts.landing import landed_tonight
from assets.partitions import night
from assets.sources.deliveries import Places, delivered_tonight
from pipelines.jobs import NIGHTLY
from pipelines.published import published_night
from pipelines.settings import Settings

LATEST_START = dt.time(6, 30)
# How long a clinic's file must have lain still before it counts as there.
COPYING = dt.timedelta(minutes=2)


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """The sensor that requests the night of today."""
    places = Places(settings.sources_dir, settings.scratch_dir, settings.source_connections)

    @dg.sensor(
        job_name=NIGHTLY,
        name="night_is_due",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts the night when the required extracts are there, at 06:30 Asia/Shanghai at the latest.",
    )
    def night_is_due(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now = settings.now()
        today = now.date()
        if context.cursor == today.isoformat():
            return dg.SkipReason(f"The night of {today} was already requested.")
        newest = published_night(settings.published_dir)
        if newest is not None and newest >= today:
            return dg.SkipReason(f"The night of {newest} is published already.")
        exported = delivered_tonight(settings.mappings_dir, places, today, now - COPYING)
        missing = [
            name
            for name, landed in landed_tonight(settings.landing_dir, today).items()
            if not (landed or exported.get(name))
        ]
        if missing and now.time() < LATEST_START:
            return dg.SkipReason(f"Waiting for {', '.join(missing)} until {LATEST_START:%H:%M}.")
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=f"night-{today}", partition_key=today.isoformat())],
            dynamic_partitions_requests=[night.build_add_request([today.isoformat()])],
            cursor=today.isoformat(),
        )

    return [night_is_due]
