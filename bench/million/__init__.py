"""A job of a million items between jobs of a thousand."""
