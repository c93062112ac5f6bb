/* tests/unit/store/behaviour.h: what holds on both engines. */
#pragma once

/* Runs the tables on the engine that rig_pg names; the number of failures. */
int behaviour_transactions(void);
int behaviour_values(void);
int behaviour_threads(const char *self);
int behaviour_migrations(void);
/* The other half of the two-process test: increments in a program of its own. */
int behaviour_other_process(const char *url, const char *times);
