"""Collecting by itself: from the address of a real-size product page to the stored product."""
