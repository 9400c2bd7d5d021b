"""It was revoked, or its time to be run is over."""

from __future__ import annotations

from desktop.engine.task_model import Reason
from desktop.engine.why.evidence import Evidence
from desktop.engine.why.phrases import ago, clock
from desktop.words import Text, text, verbatim

REVOKED = "revoked"
EXPIRED = "expired"


def revoked(seen: Evidence) -> Reason:
    task = seen.task
    if seen.is_revoked and seen.ended:
        at = (task.finished_at or task.seen_at or None) if task else None
        when = ago(at or (seen.result.finished_at if seen.result else None), seen.now)
        words = text("It was revoked{when}.", when=when)
        if task is None:
            return Reason(REVOKED, True, words, _by(seen), _again(seen))
        if task.revoked_why == "terminated":
            words = text("It was ended while it ran{when}: somebody terminated it.", when=when)
        elif task.revoked_why == "expired":
            words = text("It was dropped{when}: it had expired.", when=when)
        return Reason(REVOKED, True, words, _by(seen), _again(seen))
    if seen.is_revoked:
        words = text("It was revoked: the worker that takes it drops it.")
        return Reason(REVOKED, True, words, _by(seen), _again(seen))
    if not seen.nodes:
        words = text("No worker answered, so whether it was revoked is not known.")
        return Reason(REVOKED, None, words)
    return Reason(REVOKED, False, text("No worker has heard that it was revoked."))


def _by(seen: Evidence) -> Text:
    if not seen.revoked_by:
        return Text("")
    return text("Remembered by {workers}.", workers=verbatim(", ".join(seen.revoked_by[:3])))


def _again(seen: Evidence) -> Text:
    return text("Run it again: celery-tray tasks retry {id}", id=seen.id)


def expired(seen: Evidence) -> Reason:
    message = seen.message
    at = message.expires_at if message else None
    if at is None and seen.task:
        at = seen.task.expires_at
    if at is None:
        holds = False if message or seen.task else None
        return Reason(EXPIRED, holds, text("It has no expiry that is known."))
    if at > seen.now or seen.ended:
        return Reason(EXPIRED, False, text("It expires at {time}.", time=clock(at)))
    return Reason(
        EXPIRED,
        True,
        text("It expired at {time}: the worker that takes it drops it.", time=clock(at)),
        Text(""),
        text("Send it again, with a later expiry."),
    )
