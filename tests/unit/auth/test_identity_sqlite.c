/* Sessions, audit log, throttles and second factors on SQLite. */
#include "../store/rig.h"
#include "identity_tests.h"

int main(void) { return identity_tests(); }
