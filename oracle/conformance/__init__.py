"""Holding other implementations against the truths of purevjp."""
