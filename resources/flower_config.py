"""What Flower is told at its start (``--conf``), in the process and by the Python that run it.

The project's own ``flowerconfig.py`` is read first. What keeps Flower private is not its to change:
the address and the generated password are set after it.

Adds one page, which signs a browser in. Its address is good once, for a minute, and proves that
whoever made it can read the password (a signature, not the password itself): see
desktop/engine/flower/signing_in.py. Must run on every Python and Tornado that Flower runs on.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from logging import getLogger  # the module itself would be taken for an option of that name
from pathlib import Path

THEIRS = Path("flowerconfig.py")
if THEIRS.is_file():
    exec(compile(THEIRS.read_text(encoding="utf-8"), str(THEIRS.absolute()), "exec"))  # noqa: S102

basic_auth = [os.environ["FLOWER_BASIC_AUTH"]]
address = "127.0.0.1"
auth = auth_provider = unix_socket = certfile = keyfile = url_prefix = ""

PAGE = """<!doctype html><meta charset="utf-8"><title>Flower</title>
<script nonce="%(nonce)s">
const request = new XMLHttpRequest();
request.onloadend = () => location.replace("/");
request.open("GET", "/workers", true, %(user)s, %(password)s);
request.send();
</script>
"""
"""A browser keeps what was accepted once for this address: no credentials come to stand in an
address, in its history or in its list of open pages."""


def uid_of_client(client, server):
    """Whose connection from port ``client`` to port ``server`` of this machine is; None: unknown.
    The system that has no such file tells nobody."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in map(str.split, rows):
            ports = tuple(int(end.rpartition(":")[2], 16) for end in row[1:3])
            if ports == (client, server):
                return int(row[7])
    return None


def add_page():
    from flower.urls import handlers
    from tornado.web import RequestHandler

    used = set()

    class SignIn(RequestHandler):
        def prepare(self):
            self.set_header("Cache-Control", "no-store")
            self.set_header("Referrer-Policy", "no-referrer")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("X-Frame-Options", "DENY")

        def get(self):
            status = self.judged(self.get_query_argument("link", ""))
            if status != 200:
                self.set_status(status)
                self.set_header("Content-Type", "text/plain")
                self.finish("This link was good once, for a minute.")
                return
            user, _, password = basic_auth[0].partition(":")
            nonce = secrets.token_urlsafe(16)
            policy = "default-src 'none'; script-src 'nonce-%s'; connect-src 'self'" % nonce  # noqa: UP031
            self.set_header("Content-Security-Policy", policy)
            words = {"user": json.dumps(user), "password": json.dumps(password), "nonce": nonce}
            self.finish(PAGE % words)

        def judged(self, link):
            """200: let in; 410: it was good once; 403: it never was, or is not this user's."""
            until, _, rest = link.partition(".")
            one, _, signature = rest.partition(".")
            said = ("%s.%s" % (until, one)).encode()  # noqa: UP031
            right = hmac.new(basic_auth[0].encode(), said, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(signature.encode(), right.encode()):
                return 403
            if one in used or float(until) < time.time():
                return 410
            # Links can be read in a list of processes: another user's browser is not let in.
            host, _, port = self.request.host.rpartition(":")
            uid = uid_of_client(self.request.connection.context.address[1], int(port or 0))
            if host != "127.0.0.1" or uid not in (None, os.getuid()):
                return 403
            used.add(one)
            return 200

    handlers.insert(0, (r"/celery-tray/sign-in", SignIn))


try:
    add_page()
except Exception:  # another Flower than we know: it asks for the password then
    getLogger(__name__).warning("Flower can't sign browsers in by a link", exc_info=True)
