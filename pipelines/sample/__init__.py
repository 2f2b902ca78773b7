"""The synthetic dental group: seeded extracts in the landing layout, for trials, tests and benchmarks.

`generate_sample` is the only way in. Reading landing files does not belong here.
"""

from pipelines.sample.nights import SampleSummary, generate_sample

__all__ = ["SampleSummary", "generate_sample"]
