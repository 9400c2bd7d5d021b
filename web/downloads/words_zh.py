"""Why a download failed or a request was refused, in Simplified Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str, str]] = {
    "bad-url": ("不是网址", "“{url}”不是 http 或 https 网址。", "请粘贴以 https:// 开头的网址。"),
    "scheme-file": (
        "本机地址",
        "file: 指向本机自己的文件，不予下载。",
        "请直接打开该文件，或粘贴以 https:// 开头的网址。",
    ),
    "scheme-data": (
        "数据就在地址里",
        "data: 地址自带内容，没有可下载的东西。",
        "请把它粘贴到浏览器地址栏查看。",
    ),
    "scheme-ftp": (
        "不支持 FTP",
        "只下载 http 和 https 网址。",
        "请寻找同一文件的 https 网址，或使用 FTP 程序。",
    ),
    "scheme-blob": (
        "网页内部的地址",
        "blob: 地址只在生成它的网页中有效。",
        "请使用该网页自己的下载按钮，或找到背后的 https 网址。",
    ),
    "scheme-javascript": (
        "这是脚本，不是网址",
        "javascript: 地址是程序，这里从不运行。",
        "请粘贴以 https:// 开头的网址。",
    ),
    "scheme-magnet": (
        "这是种子，不是网址",
        "magnet: 地址需要 BT 程序。",
        "请寻找同一文件的 https 网址。",
    ),
    "credentials": (
        "用户名或密码无法使用",
        "@ 之前的部分含有无法发送给服务器的字符。",
        "请把特殊字符写成 % 编码，或去掉这一部分。",
    ),
    "private-address": (
        "内部网络地址",
        "{host} 位于本机或内部网络中，不从那里下载。",
        "如果你信任它，请在 [downloads] 下设置 allow_private = true。",
    ),
    "unknown-host": ("找不到主机", "{host} 没有对应的地址。", "请检查拼写和网络连接。"),
    "refused": (
        "服务器不接受连接",
        "{host} 端口 {port}：{reason}。",
        "请检查网址；服务器可能没有运行。",
    ),
    "reset": ("连接中断", "传输在中途被切断。", "请重试；已收到的部分会保留。"),
    "silent-connect": (
        "无法连接",
        "服务器在 {seconds} 秒内没有接受连接。",
        "请检查网络；服务器可能没有运行。",
    ),
    "silent-answer": ("服务器没有回应", "它收到请求后沉默了 {seconds} 秒。", "请稍后重试。"),
    "silent-body": (
        "传输停止了",
        "{seconds} 秒内没有收到任何数据。",
        "请重试；已收到的部分会保留。",
    ),
    "tls": (
        "无法建立安全连接",
        "{host} 的 TLS 在这里无法使用：{reason}。",
        "请检查网址；也许应为 http:// 而不是 https://。",
    ),
    "tls-expired": (
        "证书目前无效",
        "{host} 的证书已过期，或尚未生效。",
        "请检查本机时钟；否则请联系该服务器的管理员。",
    ),
    "tls-name": (
        "证书属于别人",
        "所出示的证书不属于 {host}。",
        "请检查网址。中间可能有人：不要输入密码。",
    ),
    "tls-unknown": (
        "证书不可信",
        "没有已知机构为 {host} 担保：{reason}。",
        "如果这是你自己的服务器，请在 SSL_CERT_FILE 中指定其颁发机构，然后重启 worker。",
    ),
    "proxy": (
        "代理无法使用",
        "“{proxy}”不是 http 代理的地址。",
        "请把 CELERY_TRAY_PROXY 设为 http://主机:端口，或删除它。",
    ),
    "proxy-refused": (
        "代理拒绝了请求",
        "它的回答是：{reason}。",
        "请检查 CELERY_TRAY_PROXY 及其中的用户名和密码。",
    ),
    "bad-answer": (
        "无法理解服务器的回答",
        "{reason}",
        "请重试；如果一直如此，请联系该服务器的管理员。",
    ),
    "encoding": (
        "未知的压缩方式",
        "服务器未经请求就以“{encoding}”压缩了文件。",
        "请联系该服务器的管理员，或使用浏览器。",
    ),
    "encoding-broken": (
        "压缩数据已损坏",
        "它过早结束，或内部有错误。",
        "请重试；服务器可能中断过。",
    ),
    "bomb": (
        "解压后过大",
        "数据会膨胀到原大小的 {times} 倍以上。",
        "请不要信任该来源；如果信任，请用其他程序下载。",
    ),
    "unasked-range": (
        "只收到一部分",
        "请求的是整个文件，服务器却只发送了一部分。",
        "请联系该服务器的管理员。",
    ),
    "password-needed": (
        "需要密码",
        "服务器的回答是 {status}。",
        "请在主机名前写上 用户名:密码@；它只发送给该主机，从不显示。",
    ),
    "password-wrong": (
        "用户名或密码被拒绝",
        "服务器的回答是 {status}。",
        "请检查 @ 之前的部分；删除此下载并重新粘贴网址。",
    ),
    "missing": ("没有这个文件", "服务器的回答是 {status}。", "请检查网址；文件可能已被移走。"),
    "no-content": (
        "没有可下载的内容",
        "服务器的回答是 {status}，没有文件。",
        "请在浏览器中打开该网址查看原因。",
    ),
    "status": ("服务器拒绝了请求", "它的回答是 {status}。", "请在浏览器中打开该网址查看原因。"),
    "redirects": ("重定向过多", "该网址不断跳转，没有终点。", "请联系该服务器的管理员。"),
    "truncated": (
        "文件不完整",
        "共 {total} 字节，只收到 {done} 字节。",
        "请重试；已收到的部分会保留。",
    ),
    "checksum": ("校验和不符", "文件的 SHA-256 为 {actual}。", "请核对期望值，或不要信任该来源。"),
    "too-large": (
        "文件过大",
        "它超过 {most}。",
        "如果仍然需要，请调高 CELERY_TRAY_MAX_FILE_BYTES。",
    ),
    "disk": ("磁盘空间不足", "剩余空间将少于 {free}。", "请清理磁盘后重试。"),
    "store": ("无法保存文件", "{reason}", "请检查文件存储目录及其权限。"),
    "setting": ("设置有误", "{reason}", "请改正该环境变量，然后重启 worker。"),
    "too-long": (
        "耗时过长",
        "下载未能在 {minutes} 分钟内完成。",
        "请重试：如果服务器支持，会从中断处继续。",
    ),
    "worker-lost": (
        "worker 多次意外结束",
        "下载此文件时有 {times} 个 worker 结束。",
        "请查看 worker1 的日志，然后重试。",
    ),
    "internal": (
        "发生了意外错误",
        "下载因本程序的错误而结束。",
        "请查看 worker1 的日志，然后重试。",
    ),
    "file-gone": ("文件已被删除", "它已不在文件存储中。", "重试即可重新下载。"),
    "no-broker": ("Redis 没有响应", "没有它就无法排队下载。", "请启动它：celery-tray start redis"),
    "no-worker": (
        "没有 worker 处理 {queue}",
        "下载会一直等待。",
        "请启动 worker1：celery-tray start worker1",
    ),
    "wrong-queue": (
        "没有 worker 处理 {queue}",
        "有 worker 在运行（{workers}），但它们处理的是其他队列：{queues}。",
        "请启动 worker1，或让其中一个处理此队列：celery-tray start worker1",
    ),
    "no-maintenance": (
        "没有 worker 处理 {queue}",
        "清理任务会一直等待。",
        "请启动 worker1：celery-tray start worker1",
    ),
    "not-found": ("没有这个下载", "它可能已被删除。", "请刷新列表。"),
    "no-preview": ("无法预览", "这里不显示此类文件。", "请保存文件，并用相应的程序打开。"),
    "conflict": ("现在无法执行", "该下载的状态为 {state}。", "请等它结束，或先取消。"),
    "bad-checksum": ("不是校验和", "sha256 不是 64 位十六进制数字。", "请去掉它，或完整复制。"),
    "bad-request": ("无法读取请求", "{reason}", "可用的请求见 /api/openapi.json。"),
}
"""By code: title, message, next step; placeholders in braces."""
