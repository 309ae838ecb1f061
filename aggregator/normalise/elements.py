"""Elements of HTML that sanitised bodies keep."""

_NAMES = """
    a abbr address article aside audio b bdi blockquote br caption cite code col colgroup dd del details
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p
    picture pre q rp rt ruby s samp section small source span strong sub summary sup table tbody td tfoot
    th thead time tr tt u ul var video wbr
"""
KEPT = frozenset(_NAMES.split())
MEDIA = frozenset({"audio", "img", "video"})
