"""What library functions know about the call that is running: set by the engine, reset for each call."""

from chancery_host import kept, virtual

DEFAULTS = {
    "interview": None, "package": None, "session": None, "action": None, "checkin": False, "base_url": "",
    "language": "en", "locale": "en_US.UTF-8", "timezone": "America/New_York", "currency": "USD", "country": "US",
    "interface": "web", "referer": None, "old_answers": None, "metadata": None, "steps": 1,
    "dialect": None, "voice": None, "config": None, "version": "1.10.5", "device": None, "now": None,
    "question_id": None, "variable": None, "block_package": None, "inside_of": "standard", "breadcrumb": None, "credits": None,
}


class Current:
    """Attributes of the running call; one instance, module variable `current`, lives as long as the process."""

    def __init__(self):
        self.reset({}, {})

    def reset(self, request, answers):
        own = self.__dict__
        own.clear()
        own.update(DEFAULTS)
        for key, value in request.items():
            if value is not None:
                own[key] = value
        self.user = request.get("user") or {}
        self.metadata = request.get("metadata") or {}
        self.answers = answers
        self.gathering = set()       # instance names of collections that are being gathered
        self.probing = 0             # > 0 while defined() looks: nothing is created, nothing is sought
        self.message_log = []        # what log() says to the user
        self.log_lines = []          # what log() says to the server's log
        self.save_status = "new"
        self.prevent_back = False
        self.reconsidered = set()    # each name is reconsidered at most once per request
        self.info = {}               # set_info()
        self.conventions = {}        # overrides of the locale's conventions
        kept.changes.reset()
        virtual.files.clear()
        self.action_taken = False    # process_action() has handled the request's action in this call

    @property
    def internal(self):
        return self.answers.setdefault("_internal", {})

    @property
    def uid(self):
        """Key of the action stack and of session_local: the session uid."""
        return self.user.get("uid") or self.user.get("email") or "anonymous"


current = Current()


def begin(request, answers):
    """Called before each call into the library or into interview code."""
    current.reset(request, answers)


def end():
    """Called after each call, also a failed one: nothing of a session may stay behind."""
    current.reset({}, {})
