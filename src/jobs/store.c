/* jobs/store.c: the table and all SQL of the queue. */
#include "jobs/jobs_int.h"

/* ended_at_ms NULL: still to do. due_at_ms of a running one is the end of its lease, so that "due" means the same for both and one index finds them. */
static const char job_sql[] = "CREATE TABLE job (\n"
                              "  id            {serial},\n"
                              "  kind          TEXT NOT NULL,\n"
                              "  state         TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead', 'cancelled')),\n"
                              "  payload       {blob} NOT NULL,\n"
                              "  due_at_ms     {bigint} NOT NULL,\n"
                              "  attempt       {bigint} NOT NULL DEFAULT 0,\n"
                              "  claim         {bigint} NOT NULL DEFAULT 0,\n"
                              "  created_at_ms {bigint} NOT NULL,\n"
                              "  ended_at_ms   {bigint},\n"
                              "  last_error    TEXT NOT NULL DEFAULT '');\n"
                              "CREATE INDEX job_due ON job (kind, due_at_ms, id) WHERE ended_at_ms IS NULL;\n"
                              "CREATE INDEX job_ended ON job (state, ended_at_ms) WHERE ended_at_ms IS NOT NULL;\n"
                              "CREATE INDEX job_by_kind ON job (kind, id);\n";

const struct migration jobs_migrations[] = { { .number = 50, .name = "0050_jobs", .sql = job_sql } };
const size_t jobs_migrations_n = COUNT_OF(jobs_migrations);

#define CLAIM(lock)                                                                                                              \
    "UPDATE job SET state = 'running', attempt = attempt + 1, claim = claim + 1, due_at_ms = $1 WHERE id IN (SELECT id FROM job" \
    " WHERE kind = $2 AND ended_at_ms IS NULL AND due_at_ms <= $3 ORDER BY due_at_ms, id LIMIT $4" lock ")"                      \
    " RETURNING id, claim, attempt, created_at_ms, payload"
/* Of a job that is named. By ended_at_ms PostgreSQL, while it has no statistics, would look through job_due for it. */
#define OPEN "state IN ('ready', 'running')"
#define ROW "SELECT kind, id, attempt, created_at_ms, due_at_ms, COALESCE(ended_at_ms, 0), state, last_error, length(payload) FROM job"
#define OUT "tiiiiitti"
#define AGAIN "UPDATE job SET state = 'ready', due_at_ms = $1, attempt = 0, ended_at_ms = NULL"

const struct query job_q[JQ__COUNT] = {
    [JQ_ADD] = { .in = "tbii",
                 .out = "i",
                 .sql = "INSERT INTO job (kind, state, payload, due_at_ms, created_at_ms) VALUES ($1, 'ready', $2, $3, $4) RETURNING id" },
    [JQ_NEXT_DUE] = { .in = "t", .out = "i", .sql = "SELECT due_at_ms FROM job WHERE kind = $1 AND ended_at_ms IS NULL ORDER BY due_at_ms LIMIT 1" },
    [JQ_CLAIM] = { .in = "itii", .out = "iiiib", .sql = CLAIM(""), .sql_pg = CLAIM(" FOR UPDATE SKIP LOCKED") },
    [JQ_END] = { .in = "titii", .sql = "UPDATE job SET state = $1, ended_at_ms = $2, last_error = $3 WHERE id = $4 AND claim = $5 AND " OPEN },
    [JQ_AGAIN] = { .in = "itiii",
                   .sql = "UPDATE job SET state = 'ready', due_at_ms = $1, last_error = $2, attempt = attempt - $3"
                          " WHERE id = $4 AND claim = $5 AND " OPEN },
    [JQ_CANCEL] = { .in = "ii", .sql = "UPDATE job SET state = 'cancelled', ended_at_ms = $1 WHERE id = $2 AND " OPEN },
    [JQ_SOONER] = { .in = "iti", .sql = "UPDATE job SET due_at_ms = $1 WHERE kind = $2 AND state = 'ready' AND due_at_ms > $3" },
    [JQ_ORPHANS] = { .in = "i", .sql = "UPDATE job SET due_at_ms = $1 WHERE ended_at_ms IS NULL AND state = 'running'" },
    [JQ_RETRY_ONE] = { .in = "ii", .sql = AGAIN " WHERE id = $2 AND state = 'dead'" },
    [JQ_RETRY_KIND] = { .in = "it", .sql = AGAIN " WHERE kind = $2 AND state = 'dead'" },
    [JQ_RETRY_ALL] = { .in = "i", .sql = AGAIN " WHERE state = 'dead'" },
    [JQ_LIST_OPEN] = { .in = "ti", .out = OUT, .sql = ROW " WHERE kind = $1 AND state IN ('ready', 'running', 'dead') ORDER BY id DESC LIMIT $2" },
    [JQ_LIST_STATE] = { .in = "tti", .out = OUT, .sql = ROW " WHERE kind = $1 AND state = $2 ORDER BY id DESC LIMIT $3" },
    [JQ_LIST_KIND] = { .in = "ti", .out = OUT, .sql = ROW " WHERE kind = $1 ORDER BY id DESC LIMIT $2" },
    [JQ_ANY_OPEN] = { .in = "i", .out = OUT, .sql = ROW " WHERE state IN ('ready', 'running', 'dead') ORDER BY id DESC LIMIT $1" },
    [JQ_ANY_STATE] = { .in = "ti", .out = OUT, .sql = ROW " WHERE state = $1 ORDER BY id DESC LIMIT $2" },
    [JQ_ANY] = { .in = "i", .out = OUT, .sql = ROW " ORDER BY id DESC LIMIT $1" },
    [JQ_PAYLOAD] = { .in = "i", .out = "b", .sql = "SELECT payload FROM job WHERE id = $1" },
    [JQ_DEPTHS] = { .in = "",
                    .out = "ttii",
                    .sql = "SELECT kind, state, count(*), min(due_at_ms) FROM job WHERE ended_at_ms IS NULL GROUP BY kind, state"
                           " UNION ALL SELECT kind, state, count(*), min(due_at_ms) FROM job WHERE ended_at_ms IS NOT NULL AND state = 'dead'"
                           " GROUP BY kind, state" },
    [JQ_COUNT] = { .in = "tt", .out = "i", .sql = "SELECT count(*) FROM job WHERE kind = $1 AND state = $2" },
    [JQ_OLDEST] = { .in = "t", .out = "i?", .sql = "SELECT min(created_at_ms) FROM job WHERE kind = $1 AND ended_at_ms IS NULL" },
    [JQ_PURGE] = { .in = "tii",
                   .sql = "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE ended_at_ms IS NOT NULL AND state = $1 AND ended_at_ms < $2"
                          " ORDER BY ended_at_ms LIMIT $3)" },
};

err jobs_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, job_q, JQ__COUNT, why); }

/* for those who have a transaction open */

static bool known(const struct jobs *q, const char *kind)
{
    for (size_t i = 0; i < q->o.n_kinds; i++)
        if (str_is(str_c(kind), q->o.kinds[i].name)) return true;
    return false;
}

err jobs_add(struct jobs *q, struct call *c, const char *kind, str payload, int64_t due_at_ms, int64_t *id)
{
    struct cell *row;
    if (!known(q, kind)) return fail(c, ERR_INPUT, NULL, "no such kind of job: %s", kind);
    if (payload.n > JOBS_PAYLOAD_MAX) return fail(c, ERR_LIMIT, NULL, "a job's payload is too large");
    TRY(store_notify(c, JOBS_TOPIC));
    TRY(db_get(c, &job_q[JQ_ADD], &row, str_c(kind), payload.p ? payload : STR(""), due_at_ms ? due_at_ms : c->now_ms, c->now_ms));
    if (id) *id = row[0].i;
    return ERR_OK;
}

err job_finish(struct call *c, const struct job *j)
{
    int64_t n = 0;
    TRY(db_run_count(c, &job_q[JQ_END], &n, STR("done"), c->now_ms, STR(""), j->id, j->claim));
    return n ? ERR_OK : fail(c, ERR_CONFLICT, NULL, "the job was cancelled or taken over");
}

err jobs_cancel(struct call *c, int64_t id)
{
    int64_t n = 0;
    TRY(db_run_count(c, &job_q[JQ_CANCEL], &n, c->now_ms, id));
    return n ? ERR_OK : ERR_NOT_FOUND;
}

err jobs_retry(struct jobs *q, struct call *c, const char *kind, int64_t id, int64_t *n)
{
    (void)q; /* the store knows who listens */
    TRY(store_notify(c, JOBS_TOPIC));
    if (id) return db_run_count(c, &job_q[JQ_RETRY_ONE], n, c->now_ms, id);
    if (kind) return db_run_count(c, &job_q[JQ_RETRY_KIND], n, c->now_ms, str_c(kind));
    return db_run_count(c, &job_q[JQ_RETRY_ALL], n, c->now_ms);
}

err jobs_count(struct call *c, const char *kind, const char *state, int64_t *out)
{
    struct cell *row;
    TRY(db_get(c, &job_q[JQ_COUNT], &row, str_c(kind), str_c(state)));
    *out = row[0].i;
    return ERR_OK;
}

err jobs_oldest(struct call *c, const char *kind, int64_t *created_at_ms)
{
    struct cell *row;
    TRY(db_get(c, &job_q[JQ_OLDEST], &row, str_c(kind)));
    *created_at_ms = row[0].null ? INT64_MAX : row[0].i;
    return ERR_OK;
}

err jobs_list(struct call *c, const char *kind, const char *state, int64_t limit, struct job_row **out, size_t *n)
{
    struct rows r;
    bool all = state && strcmp(state, JOBS_ALL) == 0;
    if (all)
        TRY(kind ? db_list(c, &job_q[JQ_LIST_KIND], &r, str_c(kind), limit) : db_list(c, &job_q[JQ_ANY], &r, limit));
    else if (state)
        TRY(kind ? db_list(c, &job_q[JQ_LIST_STATE], &r, str_c(kind), str_c(state), limit) : db_list(c, &job_q[JQ_ANY_STATE], &r, str_c(state), limit));
    else
        TRY(kind ? db_list(c, &job_q[JQ_LIST_OPEN], &r, str_c(kind), limit) : db_list(c, &job_q[JQ_ANY_OPEN], &r, limit));
    struct job_row *rows = NEW_N(c->mem, struct job_row, r.n);
    if (!rows) return ERR_NOMEM;
    for (size_t i = 0; i < r.n; i++) {
        const struct cell *v = r.row[i];
        rows[i] = (struct job_row){ .kind = v[0].s,
                                    .id = v[1].i,
                                    .attempt = v[2].i,
                                    .created_at_ms = v[3].i,
                                    .due_at_ms = v[4].i,
                                    .ended_at_ms = v[5].i,
                                    .state = v[6].s,
                                    .last_error = v[7].s,
                                    .payload_bytes = v[8].i };
    }
    *out = rows;
    *n = r.n;
    return ERR_OK;
}

err jobs_payload(struct call *c, int64_t id, str *out)
{
    struct cell *row;
    TRY(db_get(c, &job_q[JQ_PAYLOAD], &row, id));
    *out = row[0].s;
    return ERR_OK;
}

err jobs_depths(struct call *c, struct jobs_depth **out, size_t *n)
{
    struct rows r;
    TRY(db_list(c, &job_q[JQ_DEPTHS], &r));
    struct jobs_depth *all = NEW_N(c->mem, struct jobs_depth, r.n);
    if (!all) return ERR_NOMEM;
    for (size_t i = 0; i < r.n; i++)
        all[i] = (struct jobs_depth){ .kind = r.row[i][0].s, .state = r.row[i][1].s, .n = r.row[i][2].i, .oldest_due_at_ms = r.row[i][3].i };
    *out = all;
    *n = r.n;
    return ERR_OK;
}
