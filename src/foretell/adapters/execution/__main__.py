"""Start the worker program. Its values must be pickled under their module's own name, so it is not run as a script."""

import asyncio
import contextlib
import os

from foretell.adapters.execution.worker import main

with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
# Threads that still run the application must not keep a worker alive that nobody listens to.
os._exit(0)
