"""Options read as Celery's own commands read them: click's parser is the truth."""

from __future__ import annotations

import click
import pytest
from celery.bin.beat import beat
from celery.bin.celery import celery
from celery.bin.events import events
from celery.bin.worker import worker
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.census.command_line import parse
from desktop.engine.census.options import COMMANDS, GLOBAL, Options

SUBCOMMANDS = {"worker": worker, "beat": beat, "events": events}
value = st.text(st.sampled_from("abz09_./:@%=,"), min_size=1, max_size=8)


def is_flag(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and (option.is_flag or option.count)


@st.composite
def written(draw: st.DrawFn, command: click.Command) -> list[str]:
    """Any of the command's options, each in one of the ways in which it may be written."""
    words: list[str] = []
    for option in draw(st.lists(st.sampled_from(command.params), max_size=6)):
        spelling = draw(st.sampled_from([*option.opts, *option.secondary_opts]))
        if {"--help", "--version", "--detach", "-D"} & {spelling}:
            continue
        if is_flag(option):
            words.append(spelling)
        elif spelling.startswith("--"):
            given_value = draw(value)
            one_word = [f"{spelling}={given_value}"]
            words += draw(st.sampled_from([one_word, [spelling, given_value]]))
        else:
            given_value = draw(value)
            words += draw(st.sampled_from([[spelling + given_value], [spelling, given_value]]))
    return words


def clicks(command: click.Command, words: list[str]) -> dict[str, str]:
    """What click finds, by the names of its parameters."""
    context = click.Context(command, ignore_unknown_options=True, allow_extra_args=True)
    found, _, _ = command.make_parser(context).parse_args(list(words))
    return {name: given for name, given in found.items() if isinstance(given, str)}


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_option_of_celerys_command_is_known_to_take_a_value_or_not(name: str) -> None:
    for option in SUBCOMMANDS[name].params:
        for spelling in option.opts:
            known = spelling.lstrip("-") in COMMANDS[name]
            assert known is not is_flag(option), spelling


def test_every_option_before_the_command_is_known_too() -> None:
    for option in celery.params:
        for spelling in option.opts:
            assert (spelling.lstrip("-") in GLOBAL) is not is_flag(option), spelling


NAMES = ("hostname", "queues", "pool", "concurrency", "pidfile", "logfile", "statedb", "loglevel")


@pytest.mark.filterwarnings("ignore:The parameter -d is used more than once")
@pytest.mark.parametrize("name", SUBCOMMANDS)
@given(data=st.data())
def test_values_are_found_where_click_finds_them(name: str, data: st.DataObject) -> None:
    words = data.draw(written(SUBCOMMANDS[name]))
    truth = clicks(SUBCOMMANDS[name], words)
    ours = Options(COMMANDS[name], tuple(words), first=False).values
    assert {key: ours.get(key) for key in NAMES if key in ours or key in truth} == {
        key: truth.get(key) for key in NAMES if key in ours or key in truth
    }


@given(before=written(celery), after=written(worker))
def test_the_command_is_found_after_whatever_options(before: list[str], after: list[str]) -> None:
    found = parse(("celery", *before, "worker", *after), {}, "box")
    assert found is not None
    assert found.app == clicks(celery, before).get("app", "")
    assert found.queues == tuple(
        part.strip() for part in clicks(worker, after).get("queues", "").split(",") if part.strip()
    )


@given(before=written(celery), after=st.lists(value, max_size=3))
def test_a_command_that_runs_no_tasks_is_none_whatever_its_options(
    before: list[str], after: list[str]
) -> None:
    for command in ("inspect", "status", "shell", "report", "purge", "call", "control", "result"):
        assert parse(("celery", *before, command, "worker", *after, "beat"), {}, "box") is None
