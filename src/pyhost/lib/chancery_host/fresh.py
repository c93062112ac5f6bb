"""The answers of a session that has just begun (API specification 7.2)."""
from chancery_host.objects.nav import DANav
from chancery_host.objects.stores import DADeviceLocal, DASessionLocal, DAUserLocal


def fresh_answers(user_id, uid, url_args, referer, now_utc):
    """`user_id` None means anonymous; `now_utc` is a naive datetime in UTC; `uid` is the session uid."""
    return {
        "_internal": {
            "steps": 1, "steps_offset": 0, "progress": 0, "tracker": 0,
            "starttime": now_utc, "modtime": now_utc,
            "accesstime": {-1 if user_id is None else user_id: now_utc},
            "answered": set(), "answers": {}, "dirty": {}, "docvar": {}, "doc_cache": {}, "informed": {},
            "objselections": {}, "tasks": {}, "event_stack": {}, "misc": {},
            "session_local": {}, "device_local": {}, "user_local": {},
            "gather": [], "secret": None, "referer": referer,
            "livehelp": {"availability": "unavailable", "mode": "help", "roles": [], "partner_roles": []},
        },
        "url_args": dict(url_args or {}),
        "nav": DANav(),
    }


def bind_locals(answers, uid, device_id, user_id):
    """Once per request (language specification 6.1, step 5): the three local objects, made when first needed."""
    kinds = (("session_local", DASessionLocal, uid), ("device_local", DADeviceLocal, device_id),
             ("user_local", DAUserLocal, -1 if user_id is None else user_id))
    internal = answers["_internal"]
    for name, kind, key in kinds:
        kept = internal.setdefault(name, {})
        if key not in kept:
            kept[key] = kind(name)
        answers[name] = kept[key]
