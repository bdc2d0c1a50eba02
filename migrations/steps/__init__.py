"""All steps, in the order in which they run; new ones are added at the end."""

from migrations.step import Step
from migrations.steps import (
    s0001_number_price_points,
    s0002_drop_price_index_by_time,
    s0003_drop_job_index_by_revision,
)

STEPS: tuple[Step, ...] = (
    s0001_number_price_points.STEP,
    s0002_drop_price_index_by_time.STEP,
    s0003_drop_job_index_by_revision.STEP,
)
