/* identity_tests.h: the tests of test_identity.c, on the engine that the rig was set to. */
#pragma once
int identity_tests(void);
