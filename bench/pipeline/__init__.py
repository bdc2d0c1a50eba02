"""The pipeline by itself: items that cost nothing to collect, from submission to a completed job."""
