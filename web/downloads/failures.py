"""Why a download failed, as a value, and its words in both languages."""

from __future__ import annotations

from web.language import Language

Words = tuple[str, str, str]
"""Title, message and next step; placeholders in braces."""


class DownloadError(Exception):
    """A download can't be done. ``transient``: trying again later may help."""

    def __init__(
        self,
        code: str,
        *,
        transient: bool = False,
        retry_after_s: float | None = None,
        **details: str | int,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.transient = transient
        self.retry_after_s = retry_after_s
        self.details = {name: str(value) for name, value in details.items()}


WORDS: dict[str, dict[Language, Words]] = {
    "bad-url": {
        "en": (
            "Not a web address",
            "“{url}” is not an http or https address.",
            "Paste an address that begins with https://.",
        ),
        "zh-CN": ("不是网址", "“{url}”不是 http 或 https 网址。", "请粘贴以 https:// 开头的网址。"),
    },
    "credentials": {
        "en": (
            "Address with a password",
            "Addresses that carry a user name or password are not fetched.",
            "Remove the part before the @ and try again.",
        ),
        "zh-CN": (
            "网址中含有密码",
            "不下载带有用户名或密码的网址。",
            "请删除 @ 之前的部分后重试。",
        ),
    },
    "private-address": {
        "en": (
            "Address inside this network",
            "{host} is on this computer or its private network, which is not fetched from.",
            "Allow it with allow_private = true under [downloads], if you trust it.",
        ),
        "zh-CN": (
            "内部网络地址",
            "{host} 位于本机或内部网络中，不从那里下载。",
            "如果你信任它，请在 [downloads] 下设置 allow_private = true。",
        ),
    },
    "unknown-host": {
        "en": (
            "Host not found",
            "{host} has no address.",
            "Check the spelling and the network connection.",
        ),
        "zh-CN": ("找不到主机", "{host} 没有对应的地址。", "请检查拼写和网络连接。"),
    },
    "network": {
        "en": ("The connection failed", "{reason}", "Check the network, then retry."),
        "zh-CN": ("连接失败", "{reason}", "请检查网络后重试。"),
    },
    "status": {
        "en": (
            "The server refused",
            "It answered {status}.",
            "Open the address in a browser to see why.",
        ),
        "zh-CN": ("服务器拒绝了请求", "它的回答是 {status}。", "请在浏览器中打开该网址查看原因。"),
    },
    "redirects": {
        "en": (
            "Too many redirects",
            "The address sends from one to the next without end.",
            "Ask whoever runs that server.",
        ),
        "zh-CN": ("重定向过多", "该网址不断跳转，没有终点。", "请联系该服务器的管理员。"),
    },
    "truncated": {
        "en": (
            "The file arrived incomplete",
            "{done} of {total} bytes came.",
            "Retry; the server may have been interrupted.",
        ),
        "zh-CN": (
            "文件不完整",
            "共 {total} 字节，只收到 {done} 字节。",
            "请重试；服务器可能中断过。",
        ),
    },
    "checksum": {
        "en": (
            "The checksum differs",
            "The file's SHA-256 is {actual}.",
            "Check the expected value, or do not trust the source.",
        ),
        "zh-CN": ("校验和不符", "文件的 SHA-256 为 {actual}。", "请核对期望值，或不要信任该来源。"),
    },
    "disk": {
        "en": (
            "Not enough disk space",
            "Less than {free} bytes would stay free.",
            "Free some space, then retry.",
        ),
        "zh-CN": ("磁盘空间不足", "剩余空间将少于 {free} 字节。", "请清理磁盘后重试。"),
    },
    "store": {
        "en": (
            "The file can't be stored",
            "{reason}",
            "Check the folder of the file store and its permissions.",
        ),
        "zh-CN": ("无法保存文件", "{reason}", "请检查文件存储目录及其权限。"),
    },
    "too-long": {
        "en": (
            "It took too long",
            "The download was not done within {minutes} minutes.",
            "Retry when the connection is faster.",
        ),
        "zh-CN": ("耗时过长", "下载未能在 {minutes} 分钟内完成。", "请在网络较快时重试。"),
    },
    "file-gone": {
        "en": (
            "The file was removed",
            "It is not in the file store any more.",
            "Retry to fetch it again.",
        ),
        "zh-CN": ("文件已被删除", "它已不在文件存储中。", "重试即可重新下载。"),
    },
    "no-broker": {
        "en": (
            "Redis is not answering",
            "Downloads can't be queued without it.",
            "Start it: celery-tray start redis",
        ),
        "zh-CN": ("Redis 没有响应", "没有它就无法排队下载。", "请启动它：celery-tray start redis"),
    },
    "no-worker": {
        "en": (
            "No worker takes {queue}",
            "Downloads wait until one does.",
            "Start one: celery-tray start worker1",
        ),
        "zh-CN": (
            "没有 worker 处理 {queue}",
            "下载会一直等待。",
            "请启动一个：celery-tray start worker1",
        ),
    },
    "not-found": {
        "en": ("No such download", "It may have been deleted.", "Reload the list."),
        "zh-CN": ("没有这个下载", "它可能已被删除。", "请刷新列表。"),
    },
    "conflict": {
        "en": (
            "Not possible now",
            "The download is {state}.",
            "Wait until it has ended, or cancel it first.",
        ),
        "zh-CN": ("现在无法执行", "该下载的状态为 {state}。", "请等它结束，或先取消。"),
    },
    "bad-checksum": {
        "en": (
            "Not a checksum",
            "sha256 is not 64 hexadecimal digits.",
            "Leave it out, or copy it whole.",
        ),
        "zh-CN": ("不是校验和", "sha256 不是 64 位十六进制数字。", "请去掉它，或完整复制。"),
    },
    "bad-request": {
        "en": ("The request can't be read", "{reason}", 'Send {{"url": "https://…"}}.'),
        "zh-CN": ("无法读取请求", "{reason}", '请发送 {{"url": "https://…"}}。'),
    },
}


def explain(code: str, details: dict[str, str], language: Language) -> dict[str, str]:
    """``{"title", "message", "next_step"}`` for a failure, in one language."""
    words = WORDS.get(code, WORDS["network"])[language]
    known = {"reason": code, **details}
    title, message, next_step = (_fill(part, known) for part in words)
    return {"code": code, "title": title, "message": message, "next_step": next_step}


def _fill(pattern: str, details: dict[str, str]) -> str:
    try:
        return pattern.format_map(details)
    except KeyError:
        return pattern
