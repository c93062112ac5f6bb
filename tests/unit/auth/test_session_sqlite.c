/* Sessions, audit log, throttles and second factors on SQLite. */
#include "../store/rig.h"
#include "session_tests.h"

int main(void) { return session_tests(); }
