"""The frame of every page that is one file: no script, no address, and one style sheet, allowed by its hash."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from foretell.core.domain.values import printable


def document(title: str, style: str, body: str) -> str:
    """A whole page. `body` is markup that is safe already; `style` is the style sheet, read by the caller."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<title>{escape(printable(title))}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
