/* main/retention.h: the job that removes what is over and old. Spec: server 6. */
#pragma once
#include "jobs/jobs.h"
#include "main/config.h"
#include "auth/auth.h"

/* c outlives the queue. */
struct job_kind retention_kind(const struct config *c);
