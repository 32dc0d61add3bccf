"""Forty strings that try to be more than text."""

from typing import Final

HOSTILE: Final = (
    # markup and script
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</details></main><h1>शीर्षक</h1>",
    "</title><title>दुसरे</title>",
    "</style><style>body{display:none}</style>",
    "<!-- </body> -->",
    "<![CDATA[ <b>x</b> ]]>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>येथे</a>",
    "<base href='//example.org/'>",
    "<meta http-equiv=refresh content='0;url=//example.org'>",
    "<link rel=stylesheet href=//example.org/x.css>",
    "<form action=//example.org><button>पाठवा</button></form>",
    "<math><mtext></p><img src=x></math>",
    "<template><script>alert(1)</script></template>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;b&#62; &amp;lt;",
    # templates and other languages
    "{{ 7 * 7 }}{% for x in y %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "{{ self.__init__.__globals__ }}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    # style
    "x{background:url(//example.org/x)}",
    "expression(alert(1)); behavior:url(x)",
    "@import '//example.org/x.css';",
    # direction of writing
    "\u202eउलट केलेला मजकूर\u202c",
    "\u2067आडवा\u2069 \u2066डावा\u2069",
    "\u202b\u202b\u202b उघडेच राहिलेले",
    "שלום म्हणजे शांतता",
    # what cannot be seen
    "राय\u200bगड राज\u200cगड किल्ल्\u200dयात",
    "\ufeffबीओएम \u00adमऊ\u2060जोड",
    "\u0000शून्य \u0007घंटा \u001b[31mलाल \u0085",
    "\u2028ओळ\u2029परिच्छेद",
    "\U000e0041\U000e0042 \ufff9टीप\ufffb",
    "\ue000\uf0b7 खासगी",
    # shape
    "अ" * 3000,
    "क" + "\u0301\u0302\u0303" * 60,
)
