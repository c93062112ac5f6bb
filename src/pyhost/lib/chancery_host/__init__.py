"""The Python half of the interview worker: what the C engine calls and what authors import."""
