"""A tape of a few requests to the reference server, played again: what was accepted is, and what was refused."""

from __future__ import annotations

import time
from pathlib import Path

from bench import play, tape
from bench.replay import same
from bench.serving import rewound, serving
from bench.spent import cpu_of
from bench.taping import taping
from conformance.client import Conversation, Message, Secrets, Transport
from conformance.client import protocol as steps
from conformance.kit import Session, profile
from conformance.plugin.embedded import credentials_of, target_of


def test_what_was_sent_comes_to_the_same_when_it_is_played_to_a_server_whose_nonces_are_unspent(tmp_path: Path) -> None:
    began = time.time()
    with serving(tmp_path / "state.sqlite") as server, taping() as events:
        target = target_of(server.ready, 10.0)
        secrets = Secrets()
        with Transport(target, secrets) as transport:
            session = Session(target, credentials_of(server.ready, target), secrets, transport, profile("quick"))
            step = session.join_step()
            session.send_join(step, "a join", token=server.ready["token"])
            session.send_join(step, "the same again, whose nonce is spent", token=server.ready["token"])
            session.send(steps.discover(target.url, "nobody.example"), "of no tenant")
            message = Message.of(steps.discover(target.url, target.tenant))
            with Conversation(target, target.url, secrets, sent=lambda: None) as line:
                line.send(message.octets)
                line.answer(message, "by socket")
                line.send(b"no HTTP\r\n\r\n")
                line.answer(message, "what is no HTTP")
                line.ending(1.0)
        used = cpu_of(server.pid)
    came = tape.came(events)
    assert came == ["200", "200", "201", "400", "404", "200", "400"]
    assert used > 0

    tape.save(tmp_path / "tape", events)
    with serving(rewound(tmp_path / "state.sqlite", began, tmp_path), server.port):
        played = play.play(tape.load(tmp_path / "tape"))
    assert all(same(one, other) for one, other in zip(came, played, strict=True)), played
