"""What to send: the key pool, certificate requests, join requests, single-fault edits and accepted variants of them.

The one rule: everything here is a value and is deterministic. The same index, edit and nonce give the same bytes,
whoever asks and whenever; chance enters only through `strategies`, where Hypothesis owns the seed.
"""
