"""Control groups as kernels and container tools write them."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.engine.census.cgroup import (
    cgroup_of,
    container_of,
    main_path,
    pid_namespace_of,
    unit_of,
)

ID = "3f2a" * 16
SLICE = "/user.slice/user-1000.slice/user@1000.service"


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/celery.service", ("celery.service", False)),
        ("/system.slice/system-celery.slice/celery@mail.service", ("celery@mail.service", False)),
        (f"{SLICE}/app.slice/celery.service", ("celery.service", True)),
        ("/system.slice/celery.service/worker", ("celery.service", False)),
        (f"{SLICE}/app.slice/app-gnome-code-4711.scope", ("", False)),
        (f"{SLICE}/app.slice/app-org.kde.konsole@1f.service", ("", False)),
        (f"{SLICE}/init.scope", ("", False)),
        ("/user.slice/user-1000.slice/session-3.scope", ("", False)),
        (f"/system.slice/docker-{ID}.scope", ("", False)),
        (SLICE, ("", False)),
        ("/", ("", False)),
        ("", ("", False)),
    ],
)
def test_the_unit_of_a_service_and_of_nothing_else(path: str, unit: tuple[str, bool]) -> None:
    assert unit_of(path) == unit


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/system.slice/docker-{ID}.scope", ID[:12]),
        (f"/docker/{ID}", ID[:12]),
        (f"/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", ID[:12]),
        (f"/kubepods/besteffort/pod1a-2b/{ID}", ID[:12]),
        (f"{SLICE}/user.slice/libpod-{ID}.scope/container", ID[:12]),
        (f"/machine.slice/libpod-{ID}.scope", ID[:12]),
        ("/lxc.payload.shop/system.slice/celery.service", "shop"),
        ("/lxc/shop", "shop"),
        ("/machine.slice/machine-shop.scope/payload", "shop"),
        ("/system.slice/docker.service", ""),
        ("/system.slice/containerd.service", ""),
        ("/system.slice/celery.service", ""),
        ("/", ""),
    ],
)
def test_the_container_by_its_short_id_or_name(path: str, name: str) -> None:
    assert container_of(path) == name


def test_the_line_that_tells_most_is_taken() -> None:
    assert main_path("0::/system.slice/a.service\n") == "/system.slice/a.service"
    assert main_path("9:name=systemd:/a.service\n4:memory:/x\n0::/\n") == "/a.service"
    assert main_path(f"4:memory:/docker/{ID}\n0::/\n") == f"/docker/{ID}"
    assert main_path("0::/\n") == ""


@given(st.text(max_size=80))
def test_no_content_is_too_strange(words: str) -> None:
    unit_of(main_path(words))
    container_of(words)


def test_a_process_that_is_gone_has_none() -> None:
    assert cgroup_of(2**22 + 7) == ""
    assert pid_namespace_of(2**22 + 7) == ""
    assert pid_namespace_of(os.getpid()) == pid_namespace_of(os.getppid())
