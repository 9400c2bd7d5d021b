"""What the guard refuses, with the words for it in the languages of the web."""

from __future__ import annotations

from typing import NamedTuple

from web.language import Language


class Refusal(NamedTuple):
    """A refused request: status and, per language, title, message and next step."""

    status: int
    words: dict[Language, tuple[str, str, str]]


WRONG_HOST = Refusal(
    421,
    {
        "en": (
            "Wrong host",
            "This server answers only to its own names on this computer.",
            "Open http://127.0.0.1:{port}/ instead.",
        ),
        "zh-CN": (
            "主机名不对",
            "此服务器只响应本机上属于它的名称。",
            "请改为打开 http://127.0.0.1:{port}/。",
        ),
    },
)
FOREIGN_PAGE = Refusal(
    403,
    {
        "en": (
            "Request from another page",
            "A page that is not part of this server tried to load something from here.",
            "Open http://127.0.0.1:{port}/ itself.",
        ),
        "zh-CN": (
            "来自其他页面的请求",
            "一个不属于此服务器的页面试图从这里加载内容。",
            "请直接打开 http://127.0.0.1:{port}/。",
        ),
    },
)
FOREIGN_ORIGIN = Refusal(
    403,
    {
        "en": (
            "Request from another page",
            "A page that is not part of this server tried to change something here.",
            "Do it from http://127.0.0.1:{port}/ itself.",
        ),
        "zh-CN": (
            "请求来自其他页面",
            "一个不属于此服务器的页面试图在这里做出更改。",
            "请直接在 http://127.0.0.1:{port}/ 中操作。",
        ),
    },
)
READ_ONLY = Refusal(
    403,
    {
        "en": (
            "Read-only",
            "This server was started read-only and changes nothing.",
            "Start it without --read-only to use its actions.",
        ),
        "zh-CN": (
            "只读",
            "此服务器以只读方式启动，不会更改任何内容。",
            "如需执行操作，请在启动时去掉 --read-only。",
        ),
    },
)
NOT_JSON = Refusal(
    415,
    {
        "en": (
            "Not JSON",
            "The request's body is not application/json.",
            "Send JSON, with the header Content-Type: application/json.",
        ),
        "zh-CN": (
            "不是 JSON",
            "请求的正文不是 application/json。",
            "请发送 JSON，并加上请求头 Content-Type: application/json。",
        ),
    },
)
TOO_LARGE = Refusal(
    413,
    {
        "en": (
            "Request too large",
            "The request's body is larger than {limit} bytes.",
            "Send it in several smaller requests.",
        ),
        "zh-CN": (
            "请求过大",
            "请求的正文超过 {limit} 字节。",
            "请分成几个较小的请求发送。",
        ),
    },
)
TOO_SLOW = Refusal(
    408,
    {
        "en": (
            "Request too slow",
            "The request's body did not arrive in time.",
            "Send the request again.",
        ),
        "zh-CN": (
            "请求过慢",
            "请求的正文没有按时到达。",
            "请重新发送请求。",
        ),
    },
)
BEHIND_A_PROXY: dict[Language, str] = {
    "en": " Behind a proxy, give this server the proxy's address: --origin https://NAME",
    "zh-CN": "如果经过反向代理，请把代理的地址告诉此服务器：--origin https://名称",
}
"""A second next step where the name may be a proxy's."""
