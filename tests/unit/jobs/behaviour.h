/* tests/unit/jobs/behaviour.h: what the queue does on both engines. */
#pragma once

/* Runs the tables on the engine that rig_pg names; the number of failures. */
int behaviour_jobs(void);
int behaviour_servers(void);
