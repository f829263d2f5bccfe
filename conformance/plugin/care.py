"""Whether a target may be given devices: what is on this machine may, anybody else's only where the user says so.

The one rule: a tenant of the real service is not littered by a slip. At its hosts, or one with the name that leads
there, it takes two: the option of this run, and a file that names the target and says the same.
"""

from __future__ import annotations

from conformance.client import Target
from conformance.client.target import check_url
from conformance.errors import UsageError
from conformance.plugin.options import Raw

OPTION = "allow-device-creation"
_MICROSOFTS = (
    *("windows.net", "microsoftonline.com", "microsoftonline-p.com", "microsoftonline.us", "microsoftonline.cn"),
    *("microsoftonline.de", "chinacloudapi.cn"),
)
_CUSTOM = "enterpriseregistration."  # the name in a tenant's own domain that leads to the real service (3.1)


def microsofts(host: str) -> bool:
    """Whether a host is one of the real service, by its own name or by the name tenants give it in their domains."""
    host = host.lower().rstrip(".")
    return host.startswith(_CUSTOM) or any(host == name or host.endswith(f".{name}") for name in _MICROSOFTS)


def devices_allowed(raw: Raw, url: str) -> bool:
    """Whether this run may create devices at this target. Raises `UsageError` where only half of it was said."""
    if not raw.flag(OPTION):
        return False
    host, led_to = Target(url, "").place[0], raw.many("allow-host")
    real = [name for name in (host, *(text.partition(":")[0] for text in led_to)) if microsofts(name)]
    if not real:
        return True
    filed = raw.file is not None and raw.file.values.get(OPTION) is True and _names(raw, url)
    filed = filed and set(led_to) <= _listed(raw, "allow-host")
    if filed and raw.said(OPTION) == (raw.file.said(OPTION) if raw.file else ""):
        return False  # the file alone: the run has to say it too
    if not filed:
        raise UsageError(
            f"{raw.said(OPTION)} for {real[0]}, where real tenants are, has to stand in a file too: write target, "
            f"{'allow-host, ' if led_to else ''}and {OPTION} = true into drs.toml, or name such a file as --config"
        )
    return True


def _listed(raw: Raw, name: str) -> set[str]:
    """The values that the file gives for a repeatable option."""
    value = raw.file.values.get(name, []) if raw.file else []
    return {value} if isinstance(value, str) else set(value)


def _names(raw: Raw, url: str) -> bool:
    """Whether the file names this very target."""
    named = raw.file.values.get("target") if raw.file else None
    try:
        return isinstance(named, str) and Target(check_url(named), "").place == Target(url, "").place
    except UsageError:
        return False
