"""When a service that ended by itself is started again, and when that is given up. Pure."""

from __future__ import annotations

import msgspec

from desktop.engine.model import RestartPolicy


class Ended(msgspec.Struct, frozen=True):
    """One end that nobody asked for. Instants are monotonic seconds."""

    at: float
    ran_for_s: float


class Verdict(msgspec.Struct, frozen=True):
    again: bool
    delay_s: float = 0.0
    quick: bool = False
    """It ended too quickly after its start, so starting it again is unlikely to help."""


def judge(policy: RestartPolicy, ends: tuple[Ended, ...]) -> Verdict:
    """What to do after the last of ``ends``.

    Quick exits in a row are counted apart from crashes after a while of running: the first mean
    that it can't start, the others that it can but does not last.
    """
    last = ends[-1]
    quick = last.ran_for_s < policy.min_uptime_s
    in_a_row = 0
    for end in reversed(ends):
        if end.ran_for_s >= policy.min_uptime_s:
            break
        in_a_row += 1
    recent = [end for end in ends if last.at - end.at <= policy.window_s]
    if not policy.enabled or in_a_row >= policy.quick_exits_max or len(recent) > policy.crashes_max:
        return Verdict(again=False, quick=quick)
    doublings = max(in_a_row - 1, 0) if quick else len(recent) - 1
    # Past 2**16 the cap has long won, and floats stay small.
    delay_s = min(policy.first_delay_s * 2 ** min(doublings, 16), policy.delay_max_s)
    return Verdict(again=True, delay_s=delay_s, quick=quick)
