"""A mail server of one test: keeps the messages that it takes; its replies to commands can be scripted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class Mailbox:
    """Messages that were taken, with the recipients of each; `replies` by command, in place of 250."""

    port: int = 0
    taken: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation (RFC 5321)."""

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        to: list[str] = []
        say("220 mail.test ready")
        while raw := await reader.readline():
            line = raw.decode().strip()
            verb = line.partition(" ")[0].upper()
            self.commands.append(line)
            reply = self.replies.get(verb, "250 done")
            if verb == "EHLO":
                reply = self.replies.get(verb, "250-mail.test\r\n250 AUTH PLAIN")
            if verb == "RCPT":
                to.append(line.partition("<")[2].rstrip(">"))
            if verb == "DATA" and "DATA" not in self.replies:
                say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                made = message_from_bytes(body[:-5].replace(b"\r\n..", b"\r\n."), policy=default)
                assert isinstance(made, EmailMessage)
                self.taken.append((tuple(to), made))
            say("221 bye" if verb == "QUIT" else reply)
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mail_server(**replies: str) -> AsyncIterator[Mailbox]:
    """Run a mail server on a free port of loopback."""
    box = Mailbox(replies=replies)
    async with await asyncio.start_server(box.talk, "127.0.0.1", 0) as server:
        box.port = server.sockets[0].getsockname()[1]
        yield box
