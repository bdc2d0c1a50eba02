"""The command line `asinflow`: a client of the HTTP API, and the way to run its processes on this machine."""
