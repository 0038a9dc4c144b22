"""`python3 build/python`: the Python worker of this build, whatever is installed."""
import sys

from dli.worker import main

sys.exit(main())
