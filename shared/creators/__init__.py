"""Products from Amazon's official interface for associates, the Creators API."""
