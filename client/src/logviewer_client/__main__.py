"""python -m logviewer_client"""

from __future__ import annotations

import sys

from logviewer_client.commands import main

if __name__ == "__main__":
    sys.exit(main())
