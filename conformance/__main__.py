"""`python -m conformance` is `drs-conformance`."""

from conformance.cli import main

if __name__ == "__main__":
    main()
