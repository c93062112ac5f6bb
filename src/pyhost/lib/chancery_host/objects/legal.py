"""Cases, courts and documents."""
from chancery_host.objects.base import DAObject
from chancery_host.objects.lists import DAList
from chancery_host.objects.people import Individual


class Court(DAObject):
    """A court; `jurisdiction` names the places it is responsible for, from the largest to the smallest."""

    def init(self, *args, **kwargs):
        self.jurisdiction = []
        super().init(*args, **kwargs)

    def in_the_court(self, **kwargs):
        """Caption line: `In the NAME`."""
        return ("In the " if kwargs.get("capitalize", True) else "in the ") + str(self.name)

    def __str__(self):
        return str(self.name)


class Jurisdiction(DAObject):
    """A place under one law."""


class PartyList(DAList):
    """Parties on one side of a case."""

    def init(self, *args, **kwargs):
        self._preset_type(kwargs, Individual)
        super().init(*args, **kwargs)


class Case(DAObject):
    """A court case with its parties."""

    def init(self, *args, **kwargs):
        self.state = None
        self.is_solo_action = False
        self.action_type = "plaintiff defendant"
        self.initializeAttribute("plaintiff", PartyList)
        self.initializeAttribute("defendant", PartyList)
        self.firstParty, self.secondParty = self.plaintiff, self.defendant
        super().init(*args, **kwargs)
        if "court" not in self.__dict__:
            self.initializeAttribute("court", Court)

    def _sides(self):
        return [(name, value) for name, value in self.__dict__.items()
                if isinstance(value, PartyList) and name not in ("firstParty", "secondParty")]

    def parties(self):
        """All parties, each once."""
        found = []
        for _, side in self._sides():
            for party in side:
                if not any(party is known for known in found):
                    found.append(party)
        return found

    def all_known_people(self):
        """Parties that have names, without asking for more."""
        found = []
        for _, side in self._sides():
            for party in side.elements:
                if getattr(party, "identified", lambda: True)() and not any(party is known for known in found):
                    found.append(party)
        return found

    def role_of(self, party):
        """`plaintiff`, `defendant` …, or `third party`."""
        for name, side in self._sides():
            if any(party is known for known in side.elements):
                return name
        return "third party"

    def determine_court(self):
        """The court is what the interview says it is."""

    def case_id_in_caption(self, **kwargs):
        return "Case No. " + str(self.case_id) if hasattr(self, "case_id") else "Case No."


class Document(DAObject):
    """A document with a title."""

    def init(self, *args, **kwargs):
        self.title = None
        super().init(*args, **kwargs)
        if self.title is None:
            del self.title


class LegalFiling(Document):
    """A document for a court."""

    def caption(self):
        """The head of a filing in the mark-up of documents."""
        case = self.case
        first, second = case.firstParty, case.secondParty
        lines = ["[BOLDCENTER] " + case.court.in_the_court(), "", "[BEGIN_CAPTION]"]
        lines += ["%s,  " % first, "[INDENTBY 1in] %s" % _side(first, case), "", "v.", "", "%s,  " % second,
                  "[INDENTBY 1in] %s" % _side(second, case), "[VERTICAL_LINE]", case.case_id_in_caption(), "[END_CAPTION]", ""]
        if hasattr(self, "title"):
            lines += ["[BOLDCENTER] " + str(self.title), ""]
        return "\n".join(lines)


def _side(party, case):
    from chancery_host.functions.texts import capitalize
    name = next((name for name, side in case._sides() if side is party), "party")
    return capitalize(party.as_noun(name.replace("_", " ")))
