"""Paths of the corpus of real feeds beside the checkout, empty where it is missing."""

from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
REAL = sorted((CORPUS / "real").glob("*"))
SERIES = [path for path in sorted((CORPUS / "timeseries").glob("*")) if path.is_dir()]
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus of real feeds at ../shared/corpus")
