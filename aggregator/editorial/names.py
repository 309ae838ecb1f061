"""Topics and languages by name, as titles and pages show them."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from aggregator.editorial.safe import line
from aggregator.model.release import Release
from aggregator.model.settings import Publication, Text

LANGUAGES: Mapping[str, str] = {
    "af": "Afrikaans",
    "ar": "العربية",
    "be": "Беларуская",
    "bg": "Български",
    "bn": "বাংলা",
    "bs": "Bosanski",
    "ca": "Català",
    "cs": "Čeština",
    "cy": "Cymraeg",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "et": "Eesti",
    "eu": "Euskara",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "ga": "Gaeilge",
    "gl": "Galego",
    "gu": "ગુજરાતી",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "hy": "Հայերեն",
    "id": "Bahasa Indonesia",
    "is": "Íslenska",
    "it": "Italiano",
    "ja": "日本語",
    "ka": "ქართული",
    "kk": "Қазақ тілі",
    "kn": "ಕನ್ನಡ",
    "ko": "한국어",
    "lb": "Lëtzebuergesch",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "mk": "Македонски",
    "ml": "മലയാളം",
    "mr": "मराठी",
    "ms": "Bahasa Melayu",
    "mt": "Malti",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "nn": "Norsk nynorsk",
    "no": "Norsk",
    "pa": "ਪੰਜਾਬੀ",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sq": "Shqip",
    "sr": "Српски",
    "sv": "Svenska",
    "sw": "Kiswahili",
    "ta": "தமிழ்",
    "te": "తెలుగు",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


def topic_name(publication: Publication, slug: str) -> str:
    """Return the name that the operator gave a topic, in the publication's language, else in the first one
    that has a name; without any, the slug in words."""
    found = dict(topic_names(publication, (slug,)))
    return found.get(slug) or topic(slug)


def topic_names(publication: Publication, slugs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return pairs of slug and name of the topics that the operator named."""
    pairs = ((each.slug, _text(each.name, publication)) for each in publication.topics if each.slug in slugs)
    return tuple((slug, name) for slug, name in pairs if name)


def named(release: Release, publication: Publication) -> Release:
    """Return a release with the names of its topics."""
    found = topic_names(publication, release.source.topics)
    return replace(release, topic_names=found) if found else release


def topic_description(publication: Publication, slug: str) -> str:
    """Return the operator's description of a topic, in a language as its name; "" for none."""
    described = (each.description for each in publication.topics if each.slug == slug)
    return next((_text(each, publication) for each in described), "")


def _text(text: Text, publication: Publication) -> str:
    first = next((words for _, words in text.by_language), "")
    return line(text.in_language(publication.language) or first)


def topic(name: str) -> str:
    """Return a topic in words: "human-rights" as "Human rights"."""
    return name[:1].upper() + name[1:].replace("-", " ")


def language(tag: str) -> str:
    """Return a language's own name, with the region or script of its tag, if any, in brackets."""
    primary, _, rest = tag.partition("-")
    name = LANGUAGES.get(primary.lower(), tag)
    return f"{name} ({rest.upper()})" if rest and name != tag else name
