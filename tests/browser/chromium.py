"""Headless Chromium over its debugging pipe: the DevTools protocol as JSON between zero bytes, no websocket."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import BinaryIO

Message = dict[str, object]
WATCHED = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


@dataclass
class Chromium:
    """One browser with one page, whose `complaints`, `requests` and `events` are those since the last navigation."""

    answers: BinaryIO
    commands: BinaryIO
    session: str = ""
    page: str = ""
    sent: int = 0
    buffer: bytes = b""
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)

    def ask(self, method: str, **parameters: object) -> Message:
        """Send one command and return its result; events that arrive before it are recorded."""
        self.sent += 1
        message: Message = {"id": self.sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self.sent:
            self._note(answer)
        assert "error" not in answer, answer
        return _part(answer, "result")

    def opens(self, url: str, width: int) -> None:
        """Load a page in a window of this width and wait for its load event."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.complaints.clear()
        self.requests.clear()
        self.events.clear()
        self.page = url
        self.ask("Page.navigate", url=url)
        while (message := self._read()).get("method") != "Page.loadEventFired":
            self._note(message)

    def value(self, expression: str) -> object:
        """Evaluate an expression in the page; a Content-Security-Policy does not bind DevTools."""
        return _part(self.ask("Runtime.evaluate", expression=expression, returnByValue=True), "result")[
            "value"
        ]

    def _note(self, message: Message) -> None:
        self.events.append(message)
        if message.get("method") in WATCHED:
            self.complaints.append(json.dumps(message))
        if message.get("method") == "Network.requestWillBeSent":
            request = _part(message, "params")
            if request["documentURL"] == self.page:  # the icon of the page before may be late
                self.requests.append(str(_part(request, "request")["url"]))

    def _read(self) -> Message:
        while b"\0" not in self.buffer:
            assert select([self.answers], [], [], 30)[0], "Chromium has been silent for 30 s"
            read = os.read(self.answers.fileno(), 1 << 16)
            assert read, "Chromium has gone"
            self.buffer += read
        one, self.buffer = self.buffer.split(b"\0", 1)
        message: Message = json.loads(one)
        return message


def _part(message: Message, name: str) -> Message:
    part = message[name]
    assert isinstance(part, dict)
    return part


@contextmanager
def chromium(profile: Path, *more: str) -> Iterator[Chromium]:
    """Run a browser with `more` flags. Commands go to its file descriptor 3, results come from 4."""
    commands, to_browser = os.pipe()
    from_browser, answers = os.pipe()
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"]
    # The shell puts the two pipes where the browser looks for them.
    start = f'exec 3<&{commands} 4>&{answers}; exec chromium "$@"'
    process = subprocess.Popen(
        ["bash", "-c", start, "chromium", *flags, *quiet, *more, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=(commands, answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands)
    os.close(answers)
    with os.fdopen(from_browser, "rb", 0) as reading, os.fdopen(to_browser, "wb", 0) as writing:
        browser = Chromium(reading, writing)
        try:
            target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
            attached = browser.ask("Target.attachToTarget", targetId=target, flatten=True)
            browser.session = str(attached["sessionId"])
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.ask(f"{domain}.enable")
            yield browser
        finally:
            process.kill()
            process.wait()
