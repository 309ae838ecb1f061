"""Paths of the corpora beside the checkout: real feeds, their history, attacks, schemas. Empty where they are missing."""

from pathlib import Path

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
REAL = sorted((CORPUS / "real").glob("*"))
SERIES = [path for path in sorted((CORPUS / "timeseries").glob("*")) if path.is_dir()]
HOSTILE = CORPUS / "hostile"
CASES = CORPUS.parent / "cases"  # faults of the field; expected.txt says what is right
SCHEMAS = CORPUS / "schema"
