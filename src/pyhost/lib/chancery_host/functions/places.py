"""Countries, states and districts. The country library is loaded only for what our short table does not have."""
from chancery_host.state import current

# By far the most used table: a worker that shows it need not load the whole library.
US_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AS": "American Samoa", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida",
    "GA": "Georgia", "GU": "Guam", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa",
    "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska",
    "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "MP": "Northern Mariana Islands", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UM": "United States Minor Outlying Islands", "UT": "Utah",
    "VT": "Vermont", "VI": "Virgin Islands, U.S.", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming",
}


def _library():
    import pycountry
    return pycountry


def states_list(country_code=None, abbreviate=False):
    """Code to name of the states of a country, sorted by name; abbreviated, the name is the code."""
    country = country_code or current.country
    if country == "US":
        states = US_STATES
    else:
        states = {item.code.split("-", 1)[1]: item.name for item in _library().subdivisions.get(country_code=country) or []
                  if item.parent_code is None}
    if abbreviate:
        return {code: code for code in sorted(states)}
    return dict(sorted(states.items(), key=lambda item: item[1]))


def state_name(state_code, country_code=None):
    """Name of a state, or the code itself if there is none."""
    return states_list(country_code).get(state_code, state_code)


def subdivision_type(country_code):
    """`state`, `province` … : what most parts of the country are called; None if it has none."""
    if country_code == "US":
        return "state"
    kinds = {}
    for item in _library().subdivisions.get(country_code=country_code) or []:
        if item.parent_code is None:
            kinds[item.type] = kinds.get(item.type, 0) + 1
    return max(sorted(kinds), key=kinds.get).lower() if kinds else None


def countries_list():
    """A list of {code: name} of all countries."""
    return [{item.alpha_2: item.name} for item in sorted(_library().countries, key=lambda item: item.name)]


def country_name(country_code):
    """Name of a country code; what is none is an AttributeError, as clients of the library expect."""
    if country_code == "US":
        return "United States"
    return _library().countries.get(alpha_2=str(country_code)).name


def _find_country(text):
    library, text = _library(), str(text).strip()
    if not text:
        raise ValueError("no country was given")
    found = library.countries.get(alpha_2=text.upper()) or library.countries.get(alpha_3=text.upper())
    if found is not None:
        return found
    low = text.lower()
    for item in library.countries:
        names = (item.name, getattr(item, "official_name", ""), getattr(item, "common_name", ""))
        if low in [name.lower() for name in names if name]:
            return item
    raise ValueError("there is no country %r" % text)


def iso_country(country, part="alpha_2"):
    """The code (or another part) of a country given by name or code; an unknown one is an error."""
    if part not in ("alpha_2", "alpha_3", "name", "numeric", "official_name"):
        raise ValueError("iso_country: there is no part %r" % (part,))
    if country == "US" and part == "alpha_2":
        return "US"
    found = _find_country(country)
    return getattr(found, part, found.name)


def country_code(country):
    """Two letters for a country given by name or code; the default country for what is none."""
    try:
        return iso_country(country)
    except ValueError:
        return current.country


# Number of federal districts per state: those of a state with several are named by their part.
_DISTRICTS = {
    "Alabama": "MNS", "Alaska": "", "Arizona": "", "Arkansas": "EW", "California": "CENS", "Colorado": "",
    "Connecticut": "", "Delaware": "", "District of Columbia": "", "Florida": "MNS", "Georgia": "MNS", "Guam": "",
    "Hawaii": "", "Idaho": "", "Illinois": "CNS", "Indiana": "NS", "Iowa": "NS", "Kansas": "", "Kentucky": "EW",
    "Louisiana": "EMW", "Maine": "", "Maryland": "", "Massachusetts": "", "Michigan": "EW", "Minnesota": "",
    "Mississippi": "NS", "Missouri": "EW", "Montana": "", "Nebraska": "", "Nevada": "", "New Hampshire": "",
    "New Jersey": "", "New Mexico": "", "New York": "ENSW", "North Carolina": "EMW", "North Dakota": "",
    "Northern Mariana Islands": "", "Ohio": "NS", "Oklahoma": "ENW", "Oregon": "", "Pennsylvania": "EMW",
    "Puerto Rico": "", "Rhode Island": "", "South Carolina": "", "South Dakota": "", "Tennessee": "EMW", "Texas": "ENSW",
    "Utah": "", "Vermont": "", "Virgin Islands": "", "Virginia": "EW", "Washington": "EW", "West Virginia": "NS",
    "Wisconsin": "EW", "Wyoming": "",
}
_PARTS = {"C": "Central", "E": "Eastern", "M": "Middle", "N": "Northern", "S": "Southern", "W": "Western"}


def us_districts(bankruptcy=False):
    """Names of the federal court districts."""
    names = []
    for state, parts in _DISTRICTS.items():
        if bankruptcy and state == "Arkansas":
            names.append("Eastern and Western Districts of Arkansas")
        elif parts:
            names.extend("%s District of %s" % (_PARTS[part], state) for part in parts)
        else:
            names.append("District of " + state if state != "District of Columbia" else "District of Columbia")
    return names
