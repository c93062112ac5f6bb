"""What interviews import: every object class and function of the library under its public name."""
import json
import re
from itertools import chain

from chancery_host.errors import DAError, DAValidationError, DAWebError
from chancery_host.functions.absent import ABSENT
from chancery_host.functions.actions import (
    action_argument, action_arguments, all_variables, background_response, background_response_action, command,
    json_response, message, process_action, response, validation_error, variables_as_json)
from chancery_host.functions.dates import (
    DADateTime, as_datetime, current_datetime, date_difference, date_interval, day_of, dow_of, format_date,
    format_datetime, format_time, get_default_timezone, month_of, timezone_list, today, year_of)
from chancery_host.functions.grammar import (
    indefinite_article, noun_plural, noun_singular, possessify, verb_past, verb_present)
from chancery_host.functions.info import (
    current_context, device, get_config, get_info, interface, location_known, location_returned, log, objects_from_file,
    path_and_mimetype, referring_url, server_capabilities, set_info, user_has_privilege, user_info, user_lat_lon,
    user_logged_in, user_privileges)
from chancery_host.functions.language import (
    get_country, get_dialect, get_language, get_locale, get_voice, language_from_browser, language_name, set_country,
    set_language, set_locale, update_locale, word)
from chancery_host.functions.logic import (
    define, defined, dispatch, force_ask, force_gather, forget_result_of, invalidate, need, re_run_logic, reconsider,
    set_variables, showif, showifdef, undefine, value)
from chancery_host.functions.numbers import (
    add_separators, alpha, comma_and_list, comma_list, currency, currency_symbol, item_label, name_suffix, nice_number,
    noyes, ordinal, ordinal_number, period_list, quantity_noun, roman, yesno)
from chancery_host.functions.phones import (
    phone_number_formatted, phone_number_in_e164, phone_number_is_valid, phone_number_part)
from chancery_host.functions.places import (
    countries_list, country_name, iso_country, state_name, states_list, subdivision_type, us_districts)
from chancery_host.functions.session import (
    chat_partners_available, clear_explanations, explain, get_chat_log, get_progress, get_status, last_access_days,
    last_access_delta, last_access_hours,
    last_access_minutes, last_access_time, logic_explanation, mark_task_as_performed, prevent_going_back, returning_user,
    session_tags, set_live_help_status, set_parts, set_progress, set_save_status, set_status, set_task_counter,
    set_title, start_time,
    task_not_yet_performed, task_performed, times_task_performed, update_terms)
from chancery_host.functions.texts import (
    bold, capitalize, decode_name, encode_name, fix_punctuation, from_b64_json, indent, italic, map_of, plain, qr_code,
    quote_paragraphs, raw, redact, single_paragraph, single_to_double_newlines, space_to_underscore, split, static_image,
    title_case, verbatim)
from chancery_host.functions.urls import (
    action_button_html, action_menu_item, interview_url, interview_url_action, interview_url_action_as_qr,
    interview_url_as_qr, url_action, url_ask, url_of)
from chancery_host.functions.us import us
from chancery_host.jsonform import from_plain as transform_json_variables
from chancery_host.objects.address import Address, City, LatitudeLongitude
from chancery_host.objects.archive import zip_file
from chancery_host.objects.base import DAObject, DAObjectPlusParameters
from chancery_host.objects.choices import selections
from chancery_host.objects.datatypes import CustomDataType
from chancery_host.objects.dicts import DADict, DAOrderedDict
from chancery_host.objects.empty import DACatchAll, DAEmpty
from chancery_host.objects.files import DAFile, DAFileCollection, DAFileList, DAStaticFile
from chancery_host.objects.finance import (
    Asset, ChildList, DAEmailRecipient, DAEmailRecipientList, Expense, FinancialList, Income, OfficeList,
    PeriodicFinancialList, PeriodicValue, Value)
from chancery_host.objects.legal import Case, Court, Document, Jurisdiction, LegalFiling, PartyList
from chancery_host.objects.lists import DAList
from chancery_host.objects.misc import DA, DABreadCrumbs, DAContext, DALink, RoleChangeTracker
from chancery_host.objects.people import Event, Individual, IndividualName, Name, Organization, Person, Thing
from chancery_host.objects.relations import RelationshipDir, RelationshipPeer, RelationshipTree
from chancery_host.objects.sets import DASet
from chancery_host.objects.stores import (
    DADeviceLocal, DAGlobal, DASessionLocal, DAStore, DAUserLocal, delete_record, read_records, write_record)
from chancery_host.objects.templates import DALazyTableTemplate, DALazyTemplate, DATemplate

LEGAL = (Case, Court, Document, Jurisdiction, LegalFiling, PartyList)      # these classes live in docassemble.base.legal

globals().update(ABSENT)

__all__ = [_name for _name in list(globals()) if not _name.startswith("_") and _name not in ("ABSENT", "LEGAL")]

# Stored answers and JSON name a class by its public module, wherever its code is.
for _name in __all__:
    _value = globals()[_name]
    if isinstance(_value, type) and _value.__module__.startswith("chancery_host.") and not issubclass(_value, Exception):
        _value.__module__ = "docassemble.base.legal" if _value in LEGAL else __name__
del _name, _value
