"""The navigation object `nav`: which section of the interview the user is in."""
from chancery_host.state import current


class DANav:
    """Sections, the current one and what is hidden or disabled; `past` holds the ids already visited."""

    def __init__(self):
        self.past = set()
        self.sections = None
        self.current = None
        self.hidden = False
        self.progressive = True
        self.auto_open = False
        self.disabled = False

    def __str__(self):
        return self.show_sections()

    def plain(self):
        """The JSON form (API specification 7.1)."""
        return {"current": self.current, "hidden": self.hidden, "past": sorted(self.past), "progressive": self.progressive}

    def get_sections(self, language=None):
        if isinstance(self.sections, dict):
            language = language or current.language
            found = self.sections.get(language, self.sections.get("*"))
            return [] if found is None else found
        return self.sections or []

    def set_sections(self, sections, language=None):
        if not isinstance(self.sections, dict):
            self.sections = {}
        self.sections[language or "*"] = sections or []

    def walk(self, language=None):
        """Yields (id, title, parent id) of every section, parents first."""
        yield from self._walk(self.get_sections(language), None)

    def _walk(self, entries, parent):
        for entry in entries or []:
            if not isinstance(entry, dict):
                yield str(entry), str(entry), parent
                continue
            subsections = entry.get("subsections")
            for key, value in entry.items():
                if key == "subsections":
                    continue
                if isinstance(value, list):
                    subsections, title = value, str(key)
                else:
                    title = str(value)
                yield str(key), title, parent
                yield from self._walk(subsections, str(key))
                break

    def section_ids(self, language=None):
        return [section for section, _, _ in self.walk(language)]

    def set_section(self, section):
        """Makes the section current; True if it was another one before. What is no section changes nothing."""
        if section == self.current or (section is not None and section not in self.section_ids()):
            return False
        if self.current is not None:
            self.past.add(self.current)
        self.current = section
        if section is not None:
            self.past.add(section)
        return True

    def get_section(self, display=False, language=None):
        if not display or self.current is None:
            return self.current
        for section, title, _ in self.walk(language):
            if section == self.current:
                return title
        return None

    def hide(self):
        self.hidden = True

    def unhide(self):
        self.hidden = False

    def visible(self):
        return not self.hidden

    def disable(self):
        self.disabled = True

    def enable(self):
        self.disabled = False

    def enabled(self):
        return not self.disabled

    def show_sections(self, style="inline", show_links=None):
        """The sections as a Markdown list, the current one in bold."""
        lines = []
        for section, title, parent in self.walk():
            shown = "**%s**" % title if section == self.current else title
            lines.append("%s* %s" % ("" if parent is None else "    ", shown))
        return "\n".join(lines)
