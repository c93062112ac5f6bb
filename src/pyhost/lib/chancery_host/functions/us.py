"""`us.states`: the states and territories of the United States, under the names that the Python package `us` has given them."""
import types

from chancery_host.functions.places import US_STATES

# No state has the numbers that are missing.
_FIPS = dict(zip("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA "
                 "WA WV WI WY AS GU MP PR VI".split(),
                 "01 02 04 05 06 08 09 10 11 12 13 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 44 45 46 47 48 49 50 51 "
                 "53 54 55 56 60 66 69 72 78".split()))
_TERRITORIES = ("AS", "GU", "MP", "PR", "VI")


class State:
    """One state: abbr, name, fips, is_territory."""

    def __init__(self, abbr):
        self.abbr, self.fips, self.is_territory = abbr, _FIPS[abbr], abbr in _TERRITORIES
        self.name = US_STATES[abbr].partition(",")[0]       # the Virgin Islands are not of Great Britain here

    def __str__(self):
        return self.name

    __repr__ = __str__


def lookup(val, field=None):
    """The state with this name, abbreviation or number (or with this value of the field); None if there is none."""
    fields = [field] if field else ["fips"] if str(val).isdigit() else ["abbr", "name"]
    wanted = str(val).lower()
    return next((state for state in _ALL for each in fields if str(getattr(state, each)).lower() == wanted), None)


def mapping(from_field, to_field, states=None):
    """One field of the states and territories to another."""
    return {getattr(state, from_field): getattr(state, to_field) for state in states or states_module.STATES_AND_TERRITORIES}


_ALL = [State(abbr) for abbr in sorted(_FIPS, key=US_STATES.get)]
states_module = types.ModuleType("us.states")
states_module.__dict__.update({state.abbr: state for state in _ALL}, State=State, lookup=lookup, mapping=mapping)
states_module.STATES = [state for state in _ALL if not state.is_territory and state.abbr != "DC"]
states_module.TERRITORIES = [state for state in _ALL if state.is_territory]
states_module.STATES_AND_TERRITORIES = states_module.STATES + states_module.TERRITORIES
us = types.ModuleType("us")
us.states = states_module
us.STATES, us.TERRITORIES = states_module.STATES, states_module.TERRITORIES
