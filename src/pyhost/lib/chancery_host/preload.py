"""What is heavy and often used, imported before anybody waits for it: in the zygote while it is idle, so that every worker forked later shares it."""
from chancery_host.state import DEFAULTS


def _markdown():
    from chancery_host.markdown import to_html
    to_html("It's *here*", True)


def _numbers():
    from babel.numbers import format_currency
    format_currency(1, DEFAULTS["currency"], locale=DEFAULTS["locale"].partition(".")[0])


def _dates():
    import datetime
    from babel.dates import format_date
    format_date(datetime.date(2024, 2, 29), locale=DEFAULTS["locale"].partition(".")[0])


def _parser():
    import dateutil.parser
    import dateutil.relativedelta
    return dateutil


def _words():
    import num2words
    return num2words


def _templates():
    import mako.template
    return mako


def _telephones():
    import phonenumbers
    return phonenumbers


def _countries():
    import pycountry
    return pycountry


_steps = [_countries, _telephones, _templates, _words, _parser, _dates, _numbers, _markdown]


def step():
    """Does the next of these, the most used first; False when nothing is left. What cannot be imported is told when it is needed."""
    if not _steps:
        return False
    try:
        _steps.pop()()
    except ImportError:
        pass
    return True
