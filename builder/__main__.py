"""`python -m builder` is `catalog`."""

from builder.cli import main

raise SystemExit(main())
