"""Adapters for backends: a table of forward functions each, and one wrapper for all."""
