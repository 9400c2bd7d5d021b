"""An environment that has all that we need but Flower, and a package index on this machine.

The environment sees our packages through links, one for each, save those that Flower brings along.
The index offers those, as wheels made of the very files that are installed here.
"""

from __future__ import annotations

import http.server
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

BROUGHT_ALONG = ("flower", "tornado", "prometheus_client", "humanize", "pytz")
ROOT = Path(__file__).parents[1]


def make_environment(folder: Path) -> Path:
    """The interpreter of a fresh environment without Flower."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    links = folder / "links"
    links.mkdir()
    hidden = {name for one in BROUGHT_ALONG for name in _top_names(one)}
    ours = Path(sysconfig.get_path("purelib"))
    for path in ours.iterdir():
        if path.name not in hidden:
            (links / path.name).symlink_to(path)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "links.pth").write_text(f"{links}\n{ROOT}\n")
    return python


def _top_names(name: str) -> set[str]:
    return {file.parts[0] for file in metadata.files(name) or () if file.parts[0] != ".."}


def make_wheels(folder: Path, *names: str) -> None:
    """A wheel of each, from what is installed."""
    for name in names:
        found = metadata.distribution(name)
        tag = (found.read_text("WHEEL") or "").split("Tag: ")[-1].split()[0]
        place = folder / f"{name}-{found.version}-{tag}.whl"
        with zipfile.ZipFile(place, "w") as wheel:
            for file in found.files or ():
                made_here = file.name in {"INSTALLER", "REQUESTED"} or "__pycache__" in file.parts
                if file.parts[0] != ".." and not made_here:
                    wheel.write(str(file.locate()), str(file))


class PackageIndex:
    """``pip install --index-url``: the wheels of a folder, or an error for everything."""

    def __init__(self, url: str, wheels: Path) -> None:
        self.url = url
        self.wheels = wheels
        self.status = 200
        """What every request is answered with."""
        self.pause = threading.Event()
        """Answers wait for it; set: they do not."""
        self.pause.set()
        self.asked: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """Variables that have pip ask here and nowhere else."""
        return {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": f"{self.url}/simple",
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_CONSTRAINT": "",
            "PIP_CACHE_DIR": str(self.wheels.parent / "cache"),
            "PIP_DEFAULT_TIMEOUT": "5",
        }


@contextmanager
def package_index(folder: Path) -> Iterator[PackageIndex]:
    """Served while the block lasts. The wheels are made when the folder has none yet."""
    if not folder.exists():
        folder.mkdir(parents=True)
        make_wheels(folder, *BROUGHT_ALONG)

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            index.pause.wait(30)
            kind, content = self._content()
            self.send_response(index.status if content else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _content(self) -> tuple[str, bytes]:
            words = self.path.strip("/").split("/")
            if words[0] == "wheels":
                return "application/zip", (index.wheels / words[1]).read_bytes()
            name = words[1].replace("-", "_")
            links = "".join(
                f'<a href="/wheels/{one.name}">{one.name}</a>'
                for one in index.wheels.glob(f"{name}-*.whl")
            )
            return "text/html", links.encode()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        index = PackageIndex(f"http://127.0.0.1:{server.server_port}", folder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield index
        finally:
            server.shutdown()
