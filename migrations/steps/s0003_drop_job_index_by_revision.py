"""The index of jobs by revision goes: one by revision, run and status serves its questions as well."""

from migrations.dropping import dropping

STEP = dropping("0003-drop-job-index-by-revision", "drop the index of jobs by revision", "jobs", "_id_1_rev_1")
