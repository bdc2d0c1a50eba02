"""Tests of the profit analysis."""
