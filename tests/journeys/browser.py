"""Chromium driven through Playwright: pages as readers see them, judged by axe-core, and pictures of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "build" / "clients" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "journeys"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
FLAGS = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")

# Sum of the layout shifts since the page began to load (web.dev/cls), without those after input.
SHIFTS = """() => new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})"""


@dataclass(frozen=True, slots=True)
class Reader:
    """A browser window; `complaints` are its console errors and uncaught exceptions."""

    page: Page
    complaints: list[str]

    def opens(self, url: str) -> None:
        """Load a page and wait until it and its style are there."""
        self.page.goto(url, wait_until="load")

    def violations(self) -> list[str]:
        """Return the violations of WCAG 2.2 AA on the page, as axe-core finds them: rule, and where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))  # DevTools: no Content-Security-Policy applies
        found = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then((result) => "
            "result.violations.flatMap((each) => each.nodes.map((node) => "
            "`${each.id}: ${node.target} ${node.html.slice(0, 120)}`)))",
            list(RULES),
        )
        return [str(each) for each in found]

    def shift(self) -> float:
        """Return the cumulative layout shift of the page."""
        return float(self.page.evaluate(SHIFTS))

    def sticks_out(self) -> bool:
        """Return whether the page scrolls sideways."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )

    def pictured(self, name: str) -> None:
        """Keep a picture of the page among those of the run."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", chromium_sandbox=False, args=list(FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def reading(
    browser: Browser, *, width: int = 1280, dark: bool = False, scripts: bool = True, motion: bool = False
) -> Iterator[Reader]:
    """Open a window of this width in CSS pixels, without cookies of another."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        reduced_motion="no-preference" if motion else "reduce",
        locale="en-GB",
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Reader(page, complaints)
    finally:
        context.close()


def tabbed(reader: Reader, most: int = 60) -> Sequence[str]:
    """Press Tab and return what has the focus after each, as text or label, until it leaves the page."""
    focused = []
    for _ in range(most):
        reader.page.keyboard.press("Tab")
        name = reader.page.evaluate(
            "(() => { const on = document.activeElement; return on === document.body ? '' : "
            "(on.getAttribute('aria-label') || on.innerText || on.name || on.tagName); })()"
        )
        if not name:
            break
        focused.append(str(name))
    return focused
