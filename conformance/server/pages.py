"""The authority's pages: to sign in, to enter a device's code, to take a code over.

The one rule: whatever a request brought is escaped by markupsafe, and were one place forgotten, the policy of the page
lets no script run and no form lead elsewhere than where this very answer may go.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from markupsafe import Markup

from .asked import Reply

STYLE = Markup("""
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1rem; }
main { max-width: 30rem; margin: 4vh auto; }
h1 { font-size: 1.5rem; line-height: 1.25; }
dl, p, form { margin: 1rem 0; }
dt, label { font-weight: 600; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
label { display: block; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
button { min-height: 2.75rem; padding: .5rem 1.25rem; margin: 0 .5rem .5rem 0; font: inherit; }
output { display: block; padding: .75rem; border: 1px solid; overflow-wrap: anywhere; user-select: all; }
[role="alert"] { padding: .75rem; border: 2px solid; }
""")
SEND = Markup("document.forms[0].submit()")
FRAME = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1>
{body}</main>{script}</body></html>
""")
SIGN_IN = Markup("""{alert}
<p>This is the test authority of drs-conformance. Any name of {domain} will do, and no password is asked for.</p>
<dl><dt>Application</dt><dd>Microsoft Authentication Broker</dd>
<dt>Wants to reach</dt><dd>Device Registration Service, {audience}</dd>
<dt>Answer goes to</dt><dd>{uri}</dd></dl>
<form method="post"><input type="hidden" name="asked" value="{asked}">
<p><label for="username">User</label>
<input id="username" name="username" value="{user}" autocomplete="username" autocapitalize="none" spellcheck="false"\
{invalid}></p>
<p><button name="answer" value="sign-in">Sign in</button>
<button name="answer" value="cancel" formnovalidate>Cancel</button></p></form>
""")
DEVICE = Markup("""<p role="{role}">{status}</p>
<form method="post"><p><label for="code">Code</label>
<input id="code" name="user_code" value="" autocomplete="off" autocapitalize="characters" spellcheck="false"></p>
<p><label for="username">User</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false"></p>
<p><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"></p>
<p><button>Sign in</button></p></form>
""")
ALERT = Markup('<p role="alert" id="problem">{problem}</p>')
HIDDEN = Markup('<input type="hidden" name="{name}" value="{value}">')
PRIVATE = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


def sign_in(asked: Mapping[str, str], user: str, *, domain: str, audience: str, source: str, problem: str) -> Reply:
    """The page that asks who signs in; it brings the authorization request back.

    That is in one field, `asked`: in fields of their own, line ends in values would not be what they were.
    """
    body = SIGN_IN.format(
        alert=ALERT.format(problem=problem) if problem else "",
        domain=domain,
        audience=audience,
        uri=asked["redirect_uri"],
        asked=urlencode(asked),
        user=user,
        invalid=Markup(' aria-invalid="true" aria-describedby="problem" autofocus') if problem else "",
    )
    return page("Sign in", body, 400 if problem else 200, source=source).because(problem)


def posted(uri: str, source: str, parameters: Mapping[str, str]) -> Reply:
    """The answer as a form that sends itself (OAuth 2.0 Form Post Response Mode); without scripts, by its button."""
    form = Markup('<form method="post" action="{uri}">{hidden}<p><button>Continue</button></p></form>\n')
    return page("Signed in", form.format(uri=uri, hidden=_hidden(parameters)), source=source, script=SEND)


def shown(parameters: Mapping[str, str]) -> Reply:
    """The answer to be taken over by the user, where an application has no address."""
    if "code" not in parameters:
        return refused(parameters.get("error_description", ""))
    body = Markup('<p>Copy this code into the application:</p>\n<output aria-label="Code">{code}</output>\n')
    return page("Signed in", body.format(code=parameters["code"]))


def refused(problem: str, status: int = 400) -> Reply:
    """What an authorization request without a safe way back gets."""
    return page("This cannot be done", ALERT.format(problem=problem), status).because(problem)


def device(status: str, *, problem: bool = False) -> Reply:
    """The form behind `verification_uri`."""
    body = DEVICE.format(status=status, role="alert" if problem else "status")
    reply = page("Sign in on another device", body, 400 if problem else 200)
    return reply.because(status) if problem else reply


def done(title: str, words: str) -> Reply:
    """A page with nothing more to do."""
    return page(title, Markup("<p>{words}</p>\n").format(words=words))


def page(title: str, body: Markup, status: int = 200, *, source: str = "", script: Markup | None = None) -> Reply:
    """A whole page; a form of it may lead to this server, and to `source`."""
    run = Markup("<script>{script}</script>").format(script=script) if script else ""
    text = FRAME.format(title=title, style=STYLE, body=body, script=run)
    scripts = _digest(script) if script else "'none'"
    policy = (
        f"default-src 'none'; style-src {_digest(STYLE)}; script-src {scripts}; "
        f"form-action 'self' {source}; base-uri 'none'; frame-ancestors 'none'"
    )
    kind = (("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy))
    return Reply(status, (*kind, *PRIVATE), text.encode("utf-8", "replace"))


def _hidden(parameters: Mapping[str, str]) -> Markup:
    return Markup("").join(HIDDEN.format(name=name, value=value) for name, value in parameters.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
