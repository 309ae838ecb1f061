"""Topics and languages by name, as titles and pages show them."""

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {
    "ar": "العربية",
    "bg": "Български",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "et": "Eesti",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sr": "Српски",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


def topic(name: str) -> str:
    """Return a topic in words: "human-rights" as "Human rights"."""
    return name[:1].upper() + name[1:].replace("-", " ")


def language(tag: str) -> str:
    """Return a language's own name, with the region or script of its tag, if any, in brackets."""
    primary, _, rest = tag.partition("-")
    name = LANGUAGES.get(primary.lower(), tag)
    return f"{name} ({rest.upper()})" if rest and name != tag else name
