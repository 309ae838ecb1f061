"""The default disclaimer, in English, French, German and Spanish. Loads no template engine."""

from aggregator.model.settings import Text

_LINE = (
    "{} {{{{ organisation }}}}, {} {{{{ publication }}}}."
    '{{% if item.url %}} <a href="{{{{ item.url }}}}">{}</a>.{{% endif %}}'
)
_ENGLISH = """\
Public release. This item was issued by {{ organisation }} or the authors it names, and may reflect \
what was known when it was written. It may have been edited for clarity, style and length. \
{{ publication }} takes no institutional position: every view in it is its authors' alone. \
{% if item.url %}<a href="{{ item.url }}">Read the full original</a>.{% endif %}"""

_FRENCH = """\
Communiqué public. Ce texte a été diffusé par {{ organisation }} ou par les auteurs qu'il nomme et \
peut refléter ce que l'on savait au moment de sa rédaction. Il a pu être modifié pour des raisons de \
clarté, de style et de longueur. {{ publication }} ne prend aucune position institutionnelle : \
toutes les opinions sont celles de leurs seuls auteurs. {% if item.url %}<a \
href="{{ item.url }}">Lire l'original en entier</a>.{% endif %}"""

_GERMAN = """\
Öffentliche Mitteilung. Dieser Text stammt von {{ organisation }} oder den genannten Verfassern und \
gibt möglicherweise den Stand seiner Entstehung wieder. Er kann der Klarheit, des Stils oder der \
Länge wegen bearbeitet worden sein. {{ publication }} bezieht als Herausgeber keine Stellung; alle \
Ansichten sind allein die ihrer Verfasser. {% if item.url %}<a href="{{ item.url }}">Zum \
vollständigen Original</a>.{% endif %}"""

_SPANISH = """\
Comunicado público. Este texto procede de {{ organisation }} o de los autores que en él se nombran y \
puede reflejar lo que se sabía cuando se escribió. Es posible que se haya editado por claridad, \
estilo y extensión. {{ publication }} no adopta ninguna posición institucional: todas las opiniones \
son exclusivamente de sus autores. {% if item.url %}<a href="{{ item.url }}">Leer el original \
completo</a>.{% endif %}"""

LINE = Text(
    (
        ("", _LINE.format("Released by", "not by", "Original")),
        ("fr", _LINE.format("Diffusé par", "et non par", "Original")),
        ("de", _LINE.format("Veröffentlicht von", "nicht von", "Original")),
        ("es", _LINE.format("Publicado por", "no por", "Original")),
    )
)
DEFAULT = Text((("", _ENGLISH), ("en", _ENGLISH), ("fr", _FRENCH), ("de", _GERMAN), ("es", _SPANISH)))
