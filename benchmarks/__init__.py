"""Benchmarks of Publicwire and its peers on local origins; no part of the package or its tests."""
