"""English forms of nouns and verbs, and phrases made from variable names."""
import re

VOWELS = "aeiou"

IRREGULAR_NOUNS = {
    "child": "children", "foot": "feet", "goose": "geese", "louse": "lice", "man": "men", "mouse": "mice", "ox": "oxen",
    "person": "people", "tooth": "teeth", "woman": "women", "half": "halves", "knife": "knives", "leaf": "leaves",
    "life": "lives", "loaf": "loaves", "shelf": "shelves", "thief": "thieves", "wife": "wives", "wolf": "wolves",
    "calf": "calves", "self": "selves", "analysis": "analyses", "basis": "bases", "crisis": "crises",
    "criterion": "criteria", "phenomenon": "phenomena", "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes",
    "echo": "echoes", "veto": "vetoes", "quiz": "quizzes", "axis": "axes", "thesis": "theses", "index": "indices",
    "parenthesis": "parentheses", "hypothesis": "hypotheses", "diagnosis": "diagnoses", "synopsis": "synopses", "datum": "data",
    "gas": "gases", "lens": "lenses", "bias": "biases", "alias": "aliases", "atlas": "atlases", "canvas": "canvases",
    "movie": "movies", "cookie": "cookies", "calorie": "calories", "selfie": "selfies", "rookie": "rookies", "prairie": "prairies",
    "cache": "caches", "ache": "aches", "niche": "niches", "shoe": "shoes", "toe": "toes", "canoe": "canoes", "foe": "foes",
}
# Words that end in one of these change as it does: grandchild, gentleman, housewife.
COMPOUND = re.compile(r"(.*[a-z])(child|children|(?<!hu)(?<!ger)(?<!ro)(?<!talis)(?<!otto)man|(?<!speci)(?<!regi)(?<!abdo)(?<!acu)(?<!^o)men|wife|wives|(?<!be)half|halves|self|selves|ache|aches)\Z")
IN_LAW = re.compile(r"(\w+)(-in-law|-at-law)\Z", re.I)
SAME_NOUNS = {"sheep", "deer", "fish", "moose", "series", "species", "aircraft", "offspring", "information", "equipment",
              "news", "money", "property", "evidence"} - {"property"}
SINGULAR_NOUNS = {plural: singular for singular, plural in IRREGULAR_NOUNS.items()}

# base: (past, past participle is not needed)
IRREGULAR_PAST = {
    "be": "was", "have": "had", "do": "did", "go": "went", "say": "said", "make": "made", "take": "took", "come": "came",
    "see": "saw", "get": "got", "give": "gave", "find": "found", "think": "thought", "tell": "told", "become": "became",
    "show": "showed", "leave": "left", "feel": "felt", "put": "put", "bring": "brought", "begin": "began", "keep": "kept",
    "hold": "held", "write": "wrote", "stand": "stood", "hear": "heard", "let": "let", "mean": "meant", "set": "set",
    "meet": "met", "run": "ran", "pay": "paid", "sit": "sat", "speak": "spoke", "lie": "lay", "lead": "led",
    "read": "read", "grow": "grew", "lose": "lost", "fall": "fell", "send": "sent", "build": "built",
    "understand": "understood", "draw": "drew", "break": "broke", "spend": "spent", "cut": "cut", "rise": "rose",
    "drive": "drove", "buy": "bought", "wear": "wore", "choose": "chose", "eat": "ate", "drink": "drank", "sell": "sold",
    "sleep": "slept", "win": "won", "teach": "taught", "catch": "caught", "fight": "fought", "throw": "threw",
    "know": "knew", "fly": "flew", "forget": "forgot", "hit": "hit", "hurt": "hurt", "swear": "swore", "steal": "stole",
    "seek": "sought", "sing": "sang", "swim": "swam", "ride": "rode", "ring": "rang", "shoot": "shot", "shut": "shut",
    "sink": "sank", "bite": "bit", "blow": "blew", "bear": "bore", "beat": "beat", "bend": "bent", "bind": "bound",
    "bleed": "bled", "breed": "bred", "burst": "burst", "cost": "cost", "deal": "dealt", "dig": "dug", "feed": "fed",
    "flee": "fled", "forbid": "forbade", "forgive": "forgave", "freeze": "froze", "hang": "hung", "hide": "hid",
    "lay": "laid", "lend": "lent", "light": "lit", "quit": "quit", "shake": "shook", "slide": "slid", "spread": "spread",
    "stick": "stuck", "strike": "struck", "sweep": "swept", "tear": "tore", "wake": "woke", "withdraw": "withdrew",
    "undergo": "underwent", "can": "could", "will": "would", "may": "might",
}
PRESENT_FORMS = {"is": "be", "are": "be", "am": "be", "was": "be", "were": "be", "has": "have", "does": "do", "goes": "go"}
DOUBLED = re.compile(r"(?:^|[^aeiou])[aeiou][bdgklmnprt]\Z")


def _like(model, word):
    """`word` written in capitals as `model` is."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _last(text):
    """(everything before the last word, the last word)"""
    before, blank, word = text.rpartition(" ")
    return before + blank, word


def _is_one(number_or_list):
    if number_or_list is None:
        return False
    if hasattr(number_or_list, "number") and callable(getattr(type(number_or_list), "number", None)):
        return number_or_list.number() == 1
    if hasattr(number_or_list, "__len__") and not isinstance(number_or_list, str):
        return len(number_or_list) == 1
    try:
        return float(number_or_list) == 1
    except (TypeError, ValueError):
        return False


def noun_plural(noun, number_or_list=None, language=None, **kwargs):
    """The plural, or the singular if a second argument is one (a number or a collection of one)."""
    noun = str(noun)
    if _is_one(number_or_list):
        return noun_singular(noun)
    text = _plural(noun)
    return text[:1].upper() + text[1:] if kwargs.get("capitalize") else text


def _plural(noun):
    before, word = _last(noun)
    low = word.lower()
    if not low or low in SAME_NOUNS or low in SINGULAR_NOUNS:
        return noun
    if low in IRREGULAR_NOUNS:
        return before + _like(word, IRREGULAR_NOUNS[low])
    parts = COMPOUND.match(low) or IN_LAW.match(low)
    if parts:
        changed = IN_LAW.match(low) is None
        return before + _like(word, parts[1] + _plural(parts[2]) if changed else _plural(parts[1]) + parts[2])
    if noun_singular(low) != low:       # a plural already
        return noun
    if low.endswith("y") and len(low) > 1 and low[-2] not in VOWELS:
        return before + word[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh)\Z", low):
        return before + word + "es"
    return before + word + "s"


def noun_singular(noun, number=None, language=None, **kwargs):
    """The singular; with a second argument other than one, the noun as it is."""
    noun = str(noun)
    if number is not None and not _is_one(number):
        return noun
    before, word = _last(noun)
    low = word.lower()
    if low in SINGULAR_NOUNS:
        return before + _like(word, SINGULAR_NOUNS[low])
    parts = COMPOUND.match(low)
    if parts:
        return before + _like(word, parts[1] + noun_singular(parts[2]))
    parts = IN_LAW.match(word)
    if parts:
        return before + noun_singular(parts[1]) + parts[2]
    if low in SAME_NOUNS or low in IRREGULAR_NOUNS or not low.endswith("s") or re.search(r"(ss|us|is)\Z", low):
        return noun
    if low.endswith("ies") and len(low) > 4:
        return before + word[:-3] + "y"
    if re.search(r"(ss|x|zz|tz|ch|sh|o|[^aeo]us|\bbus)es\Z", low) and not re.search(r"\b(|exc|ab|acc|ref|f|m|r|recl)uses\Z", low):
        return before + word[:-2]
    return before + word[:-1] if len(low) > 2 else noun


def base_form(verb):
    """The infinitive of a verb given in a present form."""
    low = verb.lower()
    if low in PRESENT_FORMS:
        return PRESENT_FORMS[low]
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if re.search(r"(ss|x|z|ch|sh|o)es\Z", low):
        return low[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us", "is")) and len(low) > 3:
        return verb[:-1]
    return verb


def _split_verb(verb):
    first, blank, rest = str(verb).partition(" ")
    return first, blank + rest


def verb_present(verb, tense="3sg", language=None, **kwargs):
    """Present tense: tense is number and person, `3sg`, `3pl`, `2sg`, `1sg` …"""
    first, rest = _split_verb(verb)
    base = base_form(first)
    if not str(tense).startswith("3") or "pl" in str(tense):
        form = "are" if base == "be" else base
        if base == "be" and str(tense).startswith("1sg"):
            form = "am"
    elif base in ("be", "have"):
        form = {"be": "is", "have": "has"}[base]
    elif base in ("can", "will", "may", "must"):
        form = base
    elif re.search(r"(s|x|z|ch|sh|o)\Z", base):
        form = base + "es"
    elif base.endswith("y") and base[-2:-1] not in VOWELS:
        form = base[:-1] + "ies"
    else:
        form = base + "s"
    return _like(first, form) + rest


def verb_past(verb, tense="3sgp", language=None, **kwargs):
    """Past tense; what is no known verb gets `ed` at its end."""
    verb, tense = str(verb), str(tense)
    first, rest = _split_verb(verb)
    base = base_form(first)
    if base == "be":
        singular = tense.startswith(("3sg", "1sg"))
        return _like(first, "was" if singular else "were") + rest
    if base.lower() in IRREGULAR_PAST:
        return _like(first, IRREGULAR_PAST[base.lower()]) + rest
    if rest and not rest[1:2].isalpha():        # no verb and a particle, but some text: inflect its end
        return verb + "ed"
    low = base.lower()
    if low.endswith("e"):
        return base + "d" + rest
    if low.endswith("y") and low[-2:-1] not in VOWELS:
        return base[:-1] + "ied" + rest
    if DOUBLED.search(low) and len(re.findall(r"[aeiouy]+", low)) == 1:
        return base + base[-1] + "ed" + rest
    return base + "ed" + rest


def article(noun):
    """`a` or `an`, by the first letter and the usual exceptions."""
    low = str(noun).lower().lstrip()
    if re.match(r"(hour|honest|honor|honour|heir)", low):
        return "an"
    if re.match(r"(uni([^nm]|\Z)|use|user|usual|eu|one\b|once\b|unanim)", low) and not low.startswith("unin"):
        return "a"
    return "an" if low[:1] in VOWELS or re.match(r"(8|11\b|18\b)", low) else "a"


def indefinite_article(noun, language=None, **kwargs):
    text = article(noun) + " " + str(noun)
    return text[:1].upper() + text[1:] if kwargs.get("capitalize") else text


def possessify(owner, thing, plural=False, capitalize=False, **kwargs):
    """`Ann's dog`; a plural in s gets the apostrophe only."""
    owner = str(owner)
    ending = "'" if plural and owner.endswith("s") else "'s"
    text = "%s%s %s" % (owner, ending, thing)
    return text[:1].upper() + text[1:] if capitalize else text


# Phrases from variable names

PARTS = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]|\[(['\"])(.*?)\3\]|\[[^\]]*\]")


def _steps(name):
    """The parts of a variable name as words: `recipient[3]` is `fourth recipient`."""
    words = []
    for found in PARTS.finditer(name):
        plain, index, _, key = found.groups()
        if plain is not None:
            words.append(plain.replace("_", " "))
        elif words and index is not None:
            from chancery_host.functions.numbers import ordinal
            words[-1] = ordinal(int(index)) + " " + noun_singular(words[-1])
        elif words and key is not None:
            words[-1] = key + " " + noun_singular(words[-1])
    return words or [name]


def name_phrase(name):
    """`user.child[1]` is the `second child in the user`."""
    return " in the ".join(reversed(_steps(name)))


def name_phrase_possessive(name, target):
    """`player['grantor']` and `name` give `the grantor player's name`."""
    steps = _steps(name)
    return "the " + "'s ".join(steps) + "'s " + target


def last_word(name):
    """The noun in a variable name: its last attribute, or what its last index belongs to."""
    words = [found.group(1) for found in PARTS.finditer(name) if found.group(1) is not None]
    return (words[-1] if words else name).replace("_", " ")
