"""The language, dialect, country and locale of the running call, and translated words."""
from chancery_host.service import ask
from chancery_host.state import current

WORDS = {}          # language -> {phrase: translation}; filled by the server's configuration


def load_words(files):
    """Adds the translations of YAML files, `PACKAGE:data/sources/NAME`: language -> {phrase: translation}. A file that is none is passed over."""
    for reference in files:
        package, _, path = str(reference).partition(":")
        found = ask("file_path", package, "sources", path.rpartition("data/sources/")[2])
        if found is None:
            continue
        try:
            with open(found, encoding="utf-8") as file:
                documents = ask("documents", file.read())
        except Exception:       # YAML fails in many ways
            continue
        for document in documents:
            _add_words(document)


def _add_words(document):
    for language, phrases in (document.items() if isinstance(document, dict) else ()):
        if isinstance(phrases, dict):
            WORDS.setdefault(str(language), {}).update((str(phrase), str(text)) for phrase, text in phrases.items() if text is not None)


def word(the_word, *args, **kwargs):
    """The phrase in the current language, or itself."""
    text = str(the_word)
    if WORDS:
        text = WORDS.get(kwargs.get("language") or current.language, {}).get(text, text)
    return text[:1].upper() + text[1:] if kwargs.get("capitalize") else text


def get_language():
    return current.language


def set_language(lang, dialect=None, voice=None):
    """Sets the language for the rest of the request."""
    current.language = lang if lang else "en"
    current.dialect = dialect
    current.voice = voice


def get_dialect():
    return current.dialect


def get_voice():
    return current.voice


def get_country():
    return current.country


def set_country(country):
    current.country = country


def get_locale(*args):
    """The locale, or one of its conventions."""
    if not args:
        return current.locale
    if args[0] in current.conventions:
        return current.conventions[args[0]]
    import locale
    return locale.localeconv().get(args[0])


def set_locale(*args, **kwargs):
    """Sets the locale, or overrides conventions such as currency_symbol."""
    if args:
        current.locale = args[0]
    current.conventions.update(kwargs)


def update_locale():
    """The locale is looked at whenever something is formatted, so nothing is left to do."""


def language_name(language_code):
    """English name of a language code, or the code."""
    if language_code == "en":
        return "English"
    import pycountry
    code = str(language_code)
    found = pycountry.languages.get(**{"alpha_2" if len(code) == 2 else "alpha_3": code})
    return found.name if found is not None else code


def language_from_browser(*args):
    """Best language of the request's Accept-Language header, among the given ones if any; else None."""
    header = getattr(current, "accept_language", None)
    if not header:
        return None
    wishes = []
    for part in header.split(","):
        code, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((-float(quality or 1), code.strip()))
        except ValueError:
            continue
    for _, code in sorted(wishes, key=lambda wish: wish[0]):
        for wanted in (code, code.split("-")[0]):
            if not args and wanted and wanted != "*":
                return wanted.split("-")[0]
            if wanted in args:
                return wanted
    return None
