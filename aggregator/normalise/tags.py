"""Tags and comments of raw HTML as the tokeniser of the HTML standard reads them (section 13.2.5): a tag ends
at the first ">" outside its attribute values, and neither these nor comments hold tags.
"""

import re

# Groups: "/" of an end tag, name, attributes; none for a comment. Every match succeeds: a scan is linear.
TAG = re.compile(
    r"""<!--(?:-?>|(?:[^-]++|-(?!-!?>))*(?:--!?>)?)"""
    r"""|<(/?)([a-zA-Z][^\s/>]*+)((?:[^"'>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?|["'])*)>?"""
)
