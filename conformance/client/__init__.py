"""How a request gets to the target: its address, its secrets, the transport, and the protocol's three steps.

The one rule: a secret leaves this room only in bytes on the wire. Every `Exchange` made here is already free of them.
"""

from conformance.client.identity import Identity
from conformance.client.message import Message, chunk
from conformance.client.network import Network, Proxy
from conformance.client.pace import Pace
from conformance.client.raw import Conversation, Ending
from conformance.client.redaction import Secrets
from conformance.client.secrets import Command, Fixed, Mint, Supply
from conformance.client.target import Credentials, Target
from conformance.client.transport import Transport

__all__ = [
    "Command",
    "Conversation",
    "Credentials",
    "Ending",
    "Fixed",
    "Identity",
    "Message",
    "Mint",
    "Network",
    "Pace",
    "Proxy",
    "Secrets",
    "Supply",
    "Target",
    "Transport",
    "chunk",
]
