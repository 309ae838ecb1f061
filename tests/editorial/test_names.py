"""Topics and languages in words."""

import pytest

from aggregator.editorial.names import language, topic


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("ga", "Gaeilge"),
        ("kn", "ಕನ್ನಡ"),
        ("pt-BR", "Português (BR)"),
        ("tlh", "tlh"),
        ("tlh-x", "tlh-x"),
    ],
)
def test_a_language_has_its_own_name(tag: str, name: str) -> None:
    assert language(tag) == name


def test_a_topic_is_capitalised_without_dashes() -> None:
    assert topic("human-rights") == "Human rights"
