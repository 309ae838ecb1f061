"""Chromium driven through Playwright: pages as readers see them, judged by axe-core, and pictures of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, StorageState, sync_playwright

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
    """A browser window; `complaints` are its console errors and uncaught exceptions, `responses` what it loaded."""

    page: Page
    complaints: list[str]
    responses: list[Response]

    def opens(self, url: str) -> int:
        """Load a page and wait until it and its style are there; returns the status, 200 for a file."""
        self.complaints.clear()
        self.responses.clear()
        loaded = self.page.goto(url, wait_until="load")
        return loaded.status if loaded is not None and loaded.status else 200

    def reads(self, text: str) -> None:
        """Wait until the page shows a text."""
        self.page.get_by_text(text).first.wait_for()

    def follows(self, link: str) -> None:
        """Follow the first link with a name that begins like this, and wait for its page."""
        self.page.get_by_role("link", name=link).first.click()
        self.page.wait_for_load_state("load")

    def violations(self) -> list[str]:
        """Return the violations of WCAG 2.2 AA on the page, as axe-core finds them: rule, and where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))  # DevTools: no Content-Security-Policy applies
        found = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, preload: false}).then((result) => "
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
    browser: Browser,
    *,
    width: int = 1280,
    scripts: bool = True,
    motion: bool = False,
    state: StorageState | None = None,
) -> Iterator[Reader]:
    """Open a window of this width in CSS pixels, with the cookies of `state` alone."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="light",
        java_script_enabled=scripts,
        reduced_motion="no-preference" if motion else "reduce",
        locale="en-GB",
        storage_state=state,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Reader(page, complaints, responses)
    finally:
        context.close()
