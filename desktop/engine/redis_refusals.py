"""Why a Redis can't be used: each reason has its own words and the next step that is right."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from desktop.engine import redis_url
from desktop.engine.model import Problem
from desktop.engine.urls import masked
from desktop.words import Text, text, verbatim


class Refusal(msgspec.Struct, frozen=True):
    """Why it can't be used."""

    problem: Problem
    lasting: bool = True
    """Asking again is no use until a person has changed something."""
    absent: bool = False
    """Nothing is there at all."""


class Words(NamedTuple):
    """A reason; the words may name {place}, {host}, {database}, {user} and {reason}."""

    code: str
    title: Text
    message: Text
    next_step: Text
    lasting: bool = True

    def about(self, url: str, error: object = "", **more: str | Text) -> Refusal:
        """The refusal of the Redis at ``url``; ``error`` is what was said there."""
        values: dict[str, str | int | float | Text] = {
            "place": redis_url.place(url),
            "host": redis_url.address(url)[0],
            "database": str(redis_url.address(url)[2]),
            "user": redis_url.login(url).user or "default",
            "reason": masked(str(error)),
            **more,
        }
        title, message, next_step = (
            msgspec.structs.replace(one, args=values)
            for one in (self.title, self.message, self.next_step)
        )
        return Refusal(Problem(self.code, title, message, next_step), self.lasting)


# --- what a server says ------------------------------------------------------------------------

PASSWORD_NEEDED = Words(
    "redis-password-needed",
    text("Redis at {place} wants a password."),
    text("The address gives none."),
    text("Write it into the address: redis://:PASSWORD@HOST:PORT/0"),
)
PASSWORD_WRONG = Words(
    "redis-password-wrong",
    text("Redis at {place} refuses the password."),
    text("It is wrong, or the user {user} does not exist or is switched off there."),
    text("Correct it in the address; there, @ is written %40, : is %3A and / is %2F."),
)
PASSWORD_NOT_SET = Words(
    "redis-password-not-set",
    text("Redis at {place} has no password, but the address gives one."),
    text("It refuses a password that it does not know."),
    text("Take the password out of the address, or set requirepass in that server's redis.conf."),
)
NOT_PERMITTED = Words(
    "redis-not-permitted",
    text("The user {user} may not use Redis at {place}."),
    text("It says: {reason}"),
    text("Permit what Celery needs, there: ACL SETUSER {user} on ~* &* +@all"),
)
LOADING = Words(
    "redis-loading",
    text("Redis at {place} is loading its data."),
    text("It answers as soon as it has read everything from its disk."),
    text("Wait; nothing is lost."),
    lasting=False,
)
FULL_OF_CLIENTS = Words(
    "redis-clients",
    text("Redis at {place} takes no more connections."),
    text("As many clients as its maxclients allows are connected."),
    text("Close some of them, or raise maxclients in its redis.conf."),
    lasting=False,
)
PROTECTED = Words(
    "redis-protected",
    text("Redis at {place} only answers programs on its own machine."),
    text("It runs in protected mode: no password is set there."),
    text("Set a password there with requirepass, and write it into the address."),
)
NO_DATABASE = Words(
    "redis-no-database",
    text("Redis at {place} has no database {database}."),
    text("Databases are numbered from 0, and a server has 16 unless told otherwise."),
    text("Choose a lower number at the end of the address, or raise databases in its redis.conf."),
)
CLUSTER = Words(
    "redis-cluster",
    text("Redis at {place} is part of a cluster."),
    text("Celery can't use a Redis cluster as its broker: keys that belong together are spread."),
    text("Name a Redis that runs without cluster mode."),
)
REPLICA = Words(
    "redis-replica",
    text("Redis at {place} is a replica and can only be read."),
    text("Celery has to write. Its master is {master}."),
    text("Write the master's address under [redis] url."),
)
MASTER_LOST = Words(
    "redis-replica",
    text("Redis at {place} is a replica that has lost its master."),
    text("It says: {reason}"),
    text("Write the master's address under [redis] url, or mend the replica."),
)
IS_SENTINEL = Words(
    "redis-is-sentinel",
    text("A Redis Sentinel answers at {place}, not a Redis."),
    text("It keeps no tasks; it knows where the Redis is."),
    text("Write sentinel:// in place of redis://, and set master_name in the app's settings."),
)
DISK = Words(
    "redis-disk",
    text("Redis at {place} can't write its data to disk."),
    text("It refuses every new task until it can. Its disk may be full."),
    text("Free that disk or correct the permissions of its folder; its log tells which it is."),
    lasting=False,
)
MEMORY = Words(
    "redis-memory",
    text("Redis at {place} is out of memory."),
    text("It refuses every new task until some memory is free."),
    text("Let workers empty the queues, delete what is not needed, or raise maxmemory there."),
    lasting=False,
)
REFUSED = Words(
    "redis-refused",
    text("Redis at {place} refuses."),
    text("It says: {reason}"),
    text("Check the address under [redis] url and the settings of that server."),
)

# --- what the network and the system say ---------------------------------------------------------

ABSENT = Words(
    "redis-absent",
    text("Nothing answers at {place}."),
    text("No Redis runs there."),
    text("Start one there, or correct the address under [redis] url."),
    lasting=False,
)
REMOTE_REFUSED = Words(
    "redis-remote-refused",
    text("{host} refuses connections to Redis."),
    text("Nothing listens at {place}, or only for that machine itself."),
    text("Start Redis on that machine (it is never started from here), or correct the address."),
)
REMOTE_SILENT = Words(
    "redis-remote-silent",
    text("{host} does not answer."),
    text("It may be switched off, or a firewall may hold back {place}."),
    text("See that the machine runs and that it can be reached from here, then start again."),
    lasting=False,
)
NO_ROUTE = Words(
    "redis-no-route",
    text("There is no way to {host} on the network."),
    text("The system says: {reason}"),
    text("Check the network connection, or the VPN that leads there."),
    lasting=False,
)
NO_SUCH_HOST = Words(
    "redis-no-such-host",
    text("No machine is known by the name {host}."),
    text("The system says: {reason}"),
    text("Correct the name in the address, or see whether a network or VPN is missing."),
    lasting=False,
)
SOCKET_FOLDER = Words(
    "redis-socket-folder",
    text("There is no folder for the socket {place}."),
    text("The folder has to be there before Redis can make its socket in it."),
    text("Make the folder, or correct the path in the address."),
)
NOT_A_SOCKET = Words(
    "redis-not-a-socket",
    text("{place} is no socket."),
    text("Something else has that name; it is left as it is."),
    text("Correct the path in the address."),
)
SOCKET_DENIED = Words(
    "redis-socket-denied",
    text("The socket {place} may not be used by this user."),
    text("The system says: {reason}"),
    text("Join the group of that Redis, or set unixsocketperm 770 in its redis.conf."),
)
UNIX_SCHEME = Words(
    "redis-unix-scheme",
    text("Celery does not know addresses that begin with unix://."),
    text('A worker given this one would end with "No such transport: unix".'),
    text("Write redis+socket://{place} instead."),
)


def bad_address(url: str, reason: str) -> Refusal:
    """The address itself can't be read."""
    problem = Problem(
        "redis-address",
        text("{url} is no address of a Redis.", url=masked(url)),
        verbatim(masked(reason)),
        text("Write it like redis://127.0.0.1:6379/0 under [redis] url."),
    )
    return Refusal(problem)


# --- TLS ---------------------------------------------------------------------------------------

TLS_NEEDED = Words(
    "redis-tls-needed",
    text("Redis at {place} wants an encrypted connection."),
    text("It speaks TLS, but the address asks for a plain connection."),
    text("Write rediss:// (with two s) in place of redis://."),
)
TLS_NOT_SPOKEN = Words(
    "redis-tls-not-spoken",
    text("Redis at {place} does not encrypt."),
    text("The address asks for TLS (rediss://), but the server only speaks plainly."),
    text("Write redis:// in place of rediss://, or give that server a tls-port."),
)
CERTIFICATE_UNKNOWN = Words(
    "redis-certificate",
    text("The certificate of Redis at {place} is not trusted."),
    text("The check says: {reason}"),
    text("Name its authority's file at the end of the address: ?ssl_ca_certs=/path/ca.pem"),
)
CERTIFICATE_NAME = Words(
    "redis-certificate-name",
    text("The certificate of Redis at {place} is made for another name."),
    text("The check says: {reason}"),
    text("Write the name that the certificate holds into the address."),
)
CERTIFICATE_EXPIRED = Words(
    "redis-certificate-expired",
    text("The certificate of Redis at {place} is out of date."),
    text("The check says: {reason}"),
    text("Renew it on the server, and see that this machine's clock is right."),
)
CERTIFICATE_WANTED = Words(
    "redis-certificate-wanted",
    text("Redis at {place} wants a certificate from its clients."),
    text("It ended the encrypted connection without an answer."),
    text("Add ?ssl_certfile=/path/c.pem&ssl_keyfile=/path/k.pem to the address."),
)
CERTIFICATE_FILE = Words(
    "redis-certificate-file",
    text("A certificate file of the address can't be read."),
    text("The system says: {reason}"),
    text("Correct ssl_ca_certs, ssl_certfile and ssl_keyfile in the address."),
)
TLS_FAILED = Words(
    "redis-tls",
    text("No encrypted connection to Redis at {place} can be made."),
    text("TLS says: {reason}"),
    text("Compare the TLS versions and ciphers that both sides allow."),
)

# --- somebody else -----------------------------------------------------------------------------

BUSY = Words(
    "redis-busy",
    text("Redis at {place} does not answer."),
    text("{who} is there, but says nothing: it may be stopped, or busy with a long command."),
    text("Wait, or see with that program what keeps it."),
    lasting=False,
)
FOREIGN = Words(
    "redis-foreign",
    text("What answers at {place} is not Redis."),
    text("The port is held by {who}."),
    text("Stop that program, or choose another port for Redis under [redis] url."),
)
REMOTE_FOREIGN = Words(
    "redis-foreign",
    text("What answers at {place} is not Redis."),
    text("It accepts the connection, but does not speak Redis's language."),
    text("Correct host and port in the address under [redis] url."),
)
