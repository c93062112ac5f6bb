/* session_tests.h: the tests of test_session.c, on the engine that the rig was set to. */
#pragma once
int session_tests(void);
