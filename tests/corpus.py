"""Paths of the corpora beside the checkout: real feeds, their history, attacks, schemas. Empty where they are missing."""

from pathlib import Path

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
CASES = CORPUS.parent / "cases"  # public reports, with what is right
REAL = sorted((CORPUS / "real").glob("*"))
SERIES = [path for path in sorted((CORPUS / "timeseries").glob("*")) if path.is_dir()]
HOSTILE = CORPUS / "hostile"
CASES = Path(__file__).parents[2] / "shared" / "cases"  # faults of the field; expected.txt says what is right
SCHEMAS = CORPUS / "schema"
