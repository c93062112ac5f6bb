"""Where modules of interview packages write to the server's log."""
import sys


def logmessage(message):
    print(str(message), file=sys.stderr)
