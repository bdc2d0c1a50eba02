"""What changes stored data from one release to the next: indexes made ahead, and steps that run once.

Knows the services' declarations of indexes; no service knows it. See docs/adr/0023-migrations-expand-and-contract.md.
"""
