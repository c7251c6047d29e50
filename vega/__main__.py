"""`python -m vega` is the `vega` command."""

from vega.cli import main

if __name__ == "__main__":
    main()
