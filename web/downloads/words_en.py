"""Why a download failed or a request was refused, in English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str, str]] = {
    "bad-url": (
        "Not a web address",
        "“{url}” is not an http or https address.",
        "Paste an address that begins with https://.",
    ),
    "scheme-file": (
        "An address of this computer",
        "file: leads to this computer's own files, which are not fetched.",
        "Open the file where it is, or paste an address that begins with https://.",
    ),
    "scheme-data": (
        "The data is in the address itself",
        "data: addresses carry their content; there is nothing to fetch.",
        "Paste it into the browser's address bar to see it.",
    ),
    "scheme-ftp": (
        "FTP is not supported",
        "Only http and https addresses are fetched.",
        "Look for the same file at an https address, or use an FTP program.",
    ),
    "scheme-blob": (
        "An address inside a web page",
        "blob: addresses mean something only in the page that made them.",
        "Use the page's own download button, or find the https address behind it.",
    ),
    "scheme-javascript": (
        "A script, not an address",
        "javascript: addresses are programs and are never run here.",
        "Paste an address that begins with https://.",
    ),
    "scheme-magnet": (
        "A torrent, not a web address",
        "magnet: addresses need a torrent program.",
        "Look for the same file at an https address.",
    ),
    "credentials": (
        "The name or password can't be used",
        "The part before the @ has signs that no server can be sent.",
        "Write special signs as %-codes, or leave that part out.",
    ),
    "private-address": (
        "Address inside this network",
        "{host} is on this computer or its private network, which is not fetched from.",
        "Allow it with allow_private = true under [downloads], if you trust it.",
    ),
    "unknown-host": (
        "Host not found",
        "{host} has no address.",
        "Check the spelling and the network connection.",
    ),
    "refused": (
        "The server does not take connections",
        "{host}, port {port}: {reason}.",
        "Check the address; the server may be down.",
    ),
    "reset": (
        "The connection broke",
        "It was cut off in the middle.",
        "Retry; what has come is kept.",
    ),
    "silent-connect": (
        "No connection",
        "The server did not take the connection within {seconds} s.",
        "Check the network; the server may be down.",
    ),
    "silent-answer": (
        "The server does not answer",
        "It took the request and was silent for {seconds} s.",
        "Retry later.",
    ),
    "silent-body": (
        "The transfer stopped",
        "Nothing came for {seconds} s.",
        "Retry; what has come is kept.",
    ),
    "tls": (
        "No secure connection",
        "{host} does not speak TLS in a way that works here: {reason}.",
        "Check the address; perhaps it is http:// and not https://.",
    ),
    "tls-expired": (
        "The certificate is not valid today",
        "The certificate of {host} has expired, or is not valid yet.",
        "Check this computer's clock; else ask whoever runs the server.",
    ),
    "tls-name": (
        "The certificate is another's",
        "The certificate that was shown does not belong to {host}.",
        "Check the address. Somebody may be in between: do not type passwords.",
    ),
    "tls-unknown": (
        "The certificate can't be trusted",
        "Nobody known vouches for {host}: {reason}.",
        "If it is your own server, name its authority in SSL_CERT_FILE and restart the worker.",
    ),
    "proxy": (
        "The proxy can't be used",
        "“{proxy}” is not the address of an http proxy.",
        "Set CELERY_TRAY_PROXY to http://HOST:PORT, or remove it.",
    ),
    "proxy-refused": (
        "The proxy refused",
        "It said: {reason}.",
        "Check CELERY_TRAY_PROXY, and the name and password in it.",
    ),
    "bad-answer": (
        "The server's answer can't be understood",
        "{reason}",
        "Retry; if it stays so, ask whoever runs the server.",
    ),
    "encoding": (
        "Unknown compression",
        "The server compressed the file as “{encoding}” without being asked.",
        "Ask whoever runs the server, or use a browser.",
    ),
    "encoding-broken": (
        "The compressed data is broken",
        "It ends too early, or has errors inside.",
        "Retry; the server may have been interrupted.",
    ),
    "bomb": (
        "It unpacks to far too much",
        "The data expands to more than {times} times its size.",
        "Do not trust the source; if you do, fetch it with another program.",
    ),
    "unasked-range": (
        "Only a part came",
        "The server sent a part of the file although the whole was asked for.",
        "Ask whoever runs the server.",
    ),
    "password-needed": (
        "A password is needed",
        "The server answered {status}.",
        "Write user:password@ before the host; it is sent to that host alone and never shown.",
    ),
    "password-wrong": (
        "The name or password was refused",
        "The server answered {status}.",
        "Check the part before the @; delete this download and paste the address again.",
    ),
    "missing": (
        "There is no such file",
        "The server answered {status}.",
        "Check the address; the file may have moved.",
    ),
    "no-content": (
        "There is nothing to fetch",
        "The server answered {status}, without a file.",
        "Open the address in a browser to see why.",
    ),
    "status": (
        "The server refused",
        "It answered {status}.",
        "Open the address in a browser to see why.",
    ),
    "redirects": (
        "Too many redirects",
        "The address sends from one to the next without end.",
        "Ask whoever runs that server.",
    ),
    "truncated": (
        "The file arrived incomplete",
        "{done} of {total} bytes came.",
        "Retry; what has come is kept.",
    ),
    "checksum": (
        "The checksum differs",
        "The file's SHA-256 is {actual}.",
        "Check the expected value, or do not trust the source.",
    ),
    "too-large": (
        "The file is too large",
        "It is larger than {most}.",
        "Raise CELERY_TRAY_MAX_FILE_BYTES, if you want it all the same.",
    ),
    "disk": (
        "Not enough disk space",
        "Less than {free} would stay free.",
        "Free some space, then retry.",
    ),
    "store": (
        "The file can't be stored",
        "{reason}",
        "Check the folder of the file store and its permissions.",
    ),
    "setting": ("A setting is wrong", "{reason}", "Correct the variable and restart the worker."),
    "too-long": (
        "It took too long",
        "The download was not done within {minutes} minutes.",
        "Retry: it goes on where it stopped, if the server can do that.",
    ),
    "worker-lost": (
        "The worker died again and again",
        "{times} workers ended while they fetched this file.",
        "See the log of worker1; then retry.",
    ),
    "internal": (
        "Something unexpected happened",
        "The download ended because of a mistake in this program.",
        "See the log of worker1; then retry.",
    ),
    "file-gone": (
        "The file was removed",
        "It is not in the file store any more.",
        "Retry to fetch it again.",
    ),
    "no-broker": (
        "Redis is not answering",
        "Downloads can't be queued without it.",
        "Start it: celery-tray start redis",
    ),
    "no-worker": (
        "No worker takes {queue}",
        "Downloads wait until one does.",
        "Start worker1: celery-tray start worker1",
    ),
    "wrong-queue": (
        "No worker takes {queue}",
        "Workers run ({workers}), but they take other queues: {queues}.",
        "Start worker1, or give one of them this queue: celery-tray start worker1",
    ),
    "no-maintenance": (
        "No worker takes {queue}",
        "The clean-up waits until one does.",
        "Start worker1: celery-tray start worker1",
    ),
    "not-found": ("No such download", "It may have been deleted.", "Reload the list."),
    "no-preview": (
        "No preview",
        "Files of this kind are not shown here.",
        "Save the file and open it with its own program.",
    ),
    "conflict": (
        "Not possible now",
        "The download is {state}.",
        "Wait until it has ended, or cancel it first.",
    ),
    "bad-checksum": (
        "Not a checksum",
        "sha256 is not 64 hexadecimal digits.",
        "Leave it out, or copy it whole.",
    ),
    "bad-request": (
        "The request can't be read",
        "{reason}",
        "See /api/openapi.json for what is understood.",
    ),
}
"""By code: title, message, next step; placeholders in braces."""
