"""Measures Publicwire beside its peers on local origins. Never part of the package or its tests."""
