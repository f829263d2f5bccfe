"""The reference server, going on with a state as if it had never ended: `python -m bench.serve STATE PORT`.

The one rule: it is as fast as one without `--state`. That option has a state outlive a crash, which costs syncs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from conformance.server import Settings, hosting, serve


def main() -> None:
    """Serves until it is ended."""
    state, port = Path(sys.argv[1]), int(sys.argv[2])
    with patch.object(hosting, "_state", lambda _settings, _folder: state):
        serve(Settings(port=port))


if __name__ == "__main__":
    main()
