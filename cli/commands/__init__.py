"""One module per subject; `cli.catalogue` says which command lives where, so that only the one asked for is loaded."""
