"""What it takes to test a requirement: the words of `needs`, and how each is met."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OFFERED: Final[frozenset[str]] = frozenset({"nonce", "precreate", "key-provisioning", "removal"})
"""The needs that a target meets or does not; every other is met by an option."""

NEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token": "pass --token or --token-command, a bearer token that may join devices",
        "challenge": "pass --challenge or --challenge-command, a PreAuthorizedJoinChallenge of the tenant",
        "challenge-supply": "pass --challenge-command, a command that prints a new challenge at each call",
        "ca": "pass --ca-file, the certificate in PEM of the authority that signs the target's device certificates",
        "foreign-token": "pass --foreign-token, a valid token of a tenant that is not the target's",
        "expired-token": "pass --expired-token, a token like that of --token whose time is over",
        "future-token": "pass --future-token, a token like that of --token whose time (nbf) begins a day from now",
        "audience-token": "pass --audience-token, a valid token for another service",
        "client-token": "pass --client-token, a valid token of a client application that may not register devices",
        "expired-challenge": "pass --expired-challenge, a challenge like that of --challenge whose time is over",
        "foreign-challenge": "pass --foreign-challenge, a valid challenge of a tenant that is not the target's",
        "expired-nonce": "pass --expired-nonce, a nonce of the target that was issued long ago and never used",
        "tls": "pass an https URL as --target",
        "upn": "pass --upn, the user that the token stands for",
        "domain": "pass --domain, a domain name of the tenant",
        "device-creation": "pass --allow-device-creation, as the target is not on this machine",
        "nonce": "the target's discovery must name NonceService.Endpoint",
        "precreate": "the target's discovery must name PrecreateService.PrecreateEndpoint",
        "key-provisioning": "the target's discovery must name KeyProvisioningService.KeyProvisionEndpoint",
        "removal": "the target's discovery must name DeviceJoinService.JoinEndpoint, where devices are removed",
    }
)
