"""Asinflow from the outside: `asinflow.client` speaks to its HTTP API and needs nothing of the services."""
