"""Start the worker program. Its values must be pickled under their module's own name, so it is not run as a script."""

import asyncio

from foretell.adapters.execution.worker import main

asyncio.run(main())
