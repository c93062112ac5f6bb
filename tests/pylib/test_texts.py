"""What the library prints (language specification 2.5)."""
import datetime
import unittest

import support
from chancery_host.markdown import to_html

TEXTS = [
    ("currency(120.5)", "$120.50"), ("currency(35000)", "$35,000.00"), ("currency(0)", "$0.00"), ("currency('7')", "$7.00"),
    ("currency(1446, decimals=False)", "$1,446"), ("currency(120.5, symbol='€')", "€120.50"), ("currency(-5)", "-$5.00"),
    ("currency('no number')", ""), ("currency(None)", ""), ("currency(3, symbol='kr', symbol_precedes=False)", "3.00 kr"),
    ("nice_number(0)", "zero"), ("nice_number(5)", "five"), ("nice_number(10)", "ten"), ("nice_number(11)", "11"),
    ("nice_number(2.5)", "2.5"), ("nice_number(3, capitalize=True)", "Three"), ("nice_number(3, use_word=False)", "3"),
    ("quantity_noun(4, 'apple')", "four apples"), ("quantity_noun(14, 'finger')", "14 fingers"),
    ("quantity_noun(1, 'story')", "one story"), ("quantity_noun(7, 'story')", "seven stories"),
    ("ordinal(0)", "first"), ("ordinal(1)", "second"), ("ordinal(9)", "tenth"), ("ordinal(10)", "11th"), ("ordinal(11)", "12th"),
    ("ordinal(20)", "21st"), ("ordinal(111)", "112th"), ("ordinal('2')", "third"), ("ordinal(0, capitalize=True)", "First"),
    ("ordinal_number(1)", "first"), ("ordinal_number(1, use_word=False)", "1st"),
    ("comma_and_list()", ""), ("comma_and_list('a')", "a"), ("comma_and_list('a', 'b')", "a and b"),
    ("comma_and_list(['a', 'b', 'c'])", "a, b, and c"), ("comma_and_list('a', 'b', 'c', oxford=False)", "a, b and c"),
    ("comma_and_list(['a', 'b', 'c'], and_string='or', comma_string='; ')", "a; b; or c"), ("comma_list('a', 'b')", "a, b"),
    ("add_separators(['a', 'b', 'c'])", ["a;", "b; and", "c."]),
    ("alpha(0) + alpha(25) + alpha(26) + alpha(27, case='lower')", "AZAAab"), ("roman(0) + roman(8, case='lower')", "Iix"),
    ("[item_label(0, level) for level in range(7)]", ["I.", "A.", "1.", "a)", "(1)", "(a)", "i)"]),
    ("indefinite_article('Other 1')", "an Other 1"), ("indefinite_article('squash')", "a squash"),
    ("indefinite_article('hour')", "an hour"), ("indefinite_article('user')", "a user"),
    ("verb_past('eat')", "ate"), ("verb_past('Text 1')", "Text 1ed"), ("verb_past('stop')", "stopped"), ("verb_past('try')", "tried"),
    ("verb_past('is')", "was"), ("verb_past('bake')", "baked"), ("verb_present('include', '3pl')", "include"),
    ("verb_present('include', '3sg')", "includes"), ("verb_present('is', '3pl')", "are"), ("verb_present('have')", "has"),
    ("noun_plural('time')", "times"), ("noun_plural('time', 1)", "time"), ("noun_plural('time', 2)", "times"),
    ("noun_plural('city')", "cities"), ("noun_plural('child')", "children"), ("noun_plural('exhibits')", "exhibits"),
    ("noun_plural('box', capitalize=True)", "Boxes"), ("noun_singular('cities')", "city"), ("noun_singular('children')", "child"),
    ("noun_singular('apples', 2)", "apples"), ("noun_singular('bus')", "bus"), ("noun_singular('Text 1')", "Text 1"),
    ("[noun_singular(noun_plural(noun)) for noun in ('spouse', 'clause', 'excuse', 'virus', 'size', 'shoe', 'movie', 'specimen', 'son-in-law', 'canvas')]",
     ["spouse", "clause", "excuse", "virus", "size", "shoe", "movie", "specimen", "son-in-law", "canvas"]),
    ("[noun_plural(noun) for noun in ('grandchild', 'Gentleman', 'human', 'housewife', 'mother-in-law', 'spouse', 'parenthesis')]",
     ["grandchildren", "Gentlemen", "humans", "housewives", "mothers-in-law", "spouses", "parentheses"]),
    ("quote_paragraphs('a\\nb\\n\\nc')", "> a\nb\n\n> c"), ("capitalize('abc')", "Abc"), ("title_case('the lord of the rings')", "The Lord of the Rings"),
    ("fix_punctuation('a')", "a."), ("fix_punctuation('a?')", "a?"), ("fix_punctuation('a', mark='!')", "a!"),
    ("space_to_underscore('a  b/../c.pdf')", "a_b..c.pdf"), ("single_paragraph('a\\nb')", "a b"),
    ("single_to_double_newlines('a\\nb')", "a\n\nb"), ("indent('a\\nb', by=2)", "  a\n  b"),
    ("bold('a') + italic('b') + bold('', default='c')", "**a**_b_c"), ("verbatim('a*b_c')", "a\\*b\\_c"),
    ("decode_name(encode_name('a.b'))", "a.b"), ("split('one two three', [5, 9], 1)", "two"), ("yesno(True) + noyes(True) + yesno(None)", "YesNo"),
    ("qr_code('x', width='1in')", "[QR x, 1in]"), ("word('Continue')", "Continue"), ("state_name('WY') + state_name('??')", "Wyoming??"),
    ("list(states_list().items())[0]", ("AL", "Alabama")), ("len(states_list())", 57), ("list(states_list(abbreviate=True))[0]", "AK"),
    ("len(countries_list())", 249), ("countries_list()[0]", {"AF": "Afghanistan"}), ("country_name('AX')", "Åland Islands"),
    ("iso_country('germany')", "DE"), ("iso_country('DE', part='alpha_3')", "DEU"), ("subdivision_type('CA')", "province"),
    ("name_suffix()", ["Jr", "Sr", "II", "III", "IV", "V", "VI"]), ("period_list()[0]", [12, "Per Month"]),
    ("phone_number_formatted('2025551234')", "(202) 555-1234"), ("phone_number_in_e164('(202) 555-1234')", "+12025551234"),
    ("phone_number_is_valid('Text 1')", False), ("phone_number_formatted('Text 1')", None),
    ("phone_number_part('202-555-1234', 1)", "555"), ("us_districts()[0]", "Middle District of Alabama"),
    # links
    ("action_button_html('U', label='L')", '<a href="U" class="btn btn-sm btn-success btn-darevisit">L</a>'),
    ("action_button_html('#', id_tag='q', label='V', size='md', color='primary')",
     '<a href="#" id="q" class="btn btn-primary btn-darevisit">V</a>'),
    ("url_action('add', color='blue')",
     "/interview?action=eyJhY3Rpb24iOiAiYWRkIiwgImFyZ3VtZW50cyI6IHsiY29sb3IiOiAiYmx1ZSJ9fQ&i=docassemble.demo:data/questions/x.yml"),
    ("DAList('parties').add_action(label='Add a party')",
     '<a href="/interview?action=eyJhY3Rpb24iOiAiX2RhX2xpc3RfYWRkIiwgImFyZ3VtZW50cyI6IHsibGlzdCI6ICJwYXJ0aWVzIn19'
     '&i=docassemble.demo:data/questions/x.yml" class="btn btn-sm btn-secondary btn-darevisit">'
     '<i class="fa-solid fa-plus-circle"></i> Add a party</a>'),
    ("interview_url()", "http://host/interview?i=docassemble.demo:data/questions/x.yml&session=S1"),
    ("interview_url(local=True)", "/interview?i=docassemble.demo:data/questions/x.yml&session=S1"),
    ("interview_url(i='p:data/questions/y.yml', a='b c')", "http://host/interview?a=b+c&i=p:data/questions/y.yml&from_list=1"),
    ("url_of('docassemble.base:hello.pdf')", "/packagestatic/docassemble.base/hello.pdf?v=1.10.5"),
    ("url_of('x.pdf')", "/packagestatic/docassemble.demo/x.pdf?v=1.10.5"), ("url_of('dispatch')", "/list"),
    ("action_menu_item('Review', 'r')", {"label": "Review", "url": "/interview?action=eyJhY3Rpb24iOiAiciIsICJhcmd1bWVudHMiOiB7fX0"
                                         "&i=docassemble.demo:data/questions/x.yml"}),
    # files
    ("str(DAStaticFile('s', filename='docassemble.base:x.png'))", "[FILE docassemble.base:data/static/x.png, None, None]"),
    ("DAStaticFile('s', filename='x.png').show(width='1em')", "[FILE docassemble.demo:data/static/x.png, 1em, None]"),
    ("DAFile('f', number=3, filename='a b.png').url_for()", "/uploadedfile/3/a%20b.png"),
    ("DAFile('f', number=3, filename='a.png').show(width='2in')", "[FILE 3, 2in, None]"),
    # dates
    ("str(as_datetime('2024-02-29'))", "February 29, 2024"), ("str(as_datetime('2024-02-29T10:00'))", "February 29, 2024"),
    ("as_datetime('11/5/1955').year", 1955), ("format_date('2024-02-29', 'MM/dd/yyyy')", "02/29/2024"),
    ("format_date('2024-02-29', 'full')", "Thursday, February 29, 2024"), ("format_date('no date')", "Bad date"),
    ("format_date(DAEmpty())", ""), ("format_date(None)", "Bad date"), ("format_time(as_datetime('2024-02-29T15:04'))", "3:04 PM"),
    ("format_datetime('2024-02-29T15:04')", "February 29, 2024 at 3:04:00 PM EST"),
    ("[year_of('2024-02-29'), month_of('2024-02-29'), day_of('2024-02-29'), dow_of('2024-02-29')]", [2024, 2, 29, 4]),
    ("month_of('2024-02-29', as_word=True) + dow_of('2024-02-29', as_word=True)", "FebruaryThursday"),
    ("str(today())", "May 1, 2024"), ("current_datetime().hour", 12), ("current_datetime('Europe/Berlin').hour", 18),
    ("str(today().plus(weeks=3))", "May 22, 2024"), ("str(as_datetime('2024-03-31').minus(months=1))", "February 29, 2024"),
    ("format_date(current_datetime() + date_interval(days=3))", "May 4, 2024"),
    ("today().replace_time(as_datetime('2020-01-01T03:04').time()).isoformat()", "2024-05-01T03:04:00-04:00"),
    ("[getattr(date_difference(starting=as_datetime('5/17/2016'), ending=as_datetime('12/25/2016')), unit)"
     " for unit in ('weeks', 'days', 'hours', 'minutes', 'seconds')]", [31.714285714285715, 222.0, 5328.0, 319680.0, 19180800]),
]


class Texts(unittest.TestCase):
    def test_forms(self):
        answers = support.begin()
        for expression, want in TEXTS:
            with self.subTest(expression):
                self.assertEqual(eval(expression, answers), want)

    def test_people(self):
        answers = support.begin()
        support.run("""
ann = Individual()
ann.name.first, ann.name.middle, ann.name.last, ann.name.suffix = 'Ann', 'Mary', 'Lee', 'Jr'
ann.gender = 'female'
ann.birthdate = as_datetime('2000-05-02')
ann.email = 'ann@example.com'
user = Individual()
user.name.first = 'U'
set_info(user=user)
shop = Person()
shop.name = 'The Shop'
""", answers)
        cases = [
            ("str(ann)", "Ann M. Lee Jr"), ("ann.name.full(middle=False)", "Ann Lee Jr"), ("ann.name.full(middle=True)", "Ann Mary Lee Jr"),
            ("ann.name.lastfirst()", "Lee Jr, Ann M."), ("ann.name.firstlast()", "Ann Lee"), ("ann.familiar()", "Ann"),
            ("ann.possessive('dog')", "Ann M. Lee Jr's dog"), ("user.possessive('dog')", "your dog"),
            ("ann.pronoun_subjective() + ann.pronoun_objective() + ann.pronoun_possessive('x')", "sheherher x"),
            ("user.do_question('have', capitalize=True)", "Do you have"), ("ann.do_question('eat')", "does Ann M. Lee Jr eat"),
            ("user.does_verb('is') + ann.does_verb('is')", "areis"), ("ann.salutation()", "Ms."), ("ann.age_in_years()", 23),
            ("ann.age_in_years(as_of='2024-05-02')", 24), ("str(shop)", "The Shop"), ("ann.email_address()", '"Ann M. Lee Jr" <ann@example.com>'),
            ("user.yourself_or_name() + ann.yourself_or_name()", "yourselfAnn M. Lee Jr"), ("user.first_name_hint() + ann.first_name_hint()", "Ann"),
            ("user.is_are_you()", "are you"), ("sorted([user, ann])[0].instanceName", "ann"),
        ]
        for expression, want in cases:
            with self.subTest(expression):
                self.assertEqual(eval(expression, answers), want)

    def test_addresses(self):
        answers = support.begin()
        support.run("a = Address(address='1 Main St', unit='2', city='Boston', state='MA', zip='02110')\nc = City(city='Rome', state='NY')", answers)
        cases = [("str(a)", "1 Main St [NEWLINE] Unit 2 [NEWLINE] Boston, MA 02110"), ("a.line_one()", "1 Main St, Unit 2"),
                 ("a.on_one_line()", "1 Main St, Unit 2, Boston, MA 02110"), ("a.line_two()", "Boston, MA 02110"),
                 ("a.on_one_line(show_country=True)", "1 Main St, Unit 2, Boston, MA 02110, United States"), ("a.on_one_line(include_unit=False)", "1 Main St, Boston, MA 02110"),
                 ("str(c)", "Rome, NY"), ("Address('q', address='a', unit='Apt 4', city='b').line_one()", "a, Apt 4")]
        for expression, want in cases:
            with self.subTest(expression):
                self.assertEqual(eval(expression, answers), want)

    def test_names_as_phrases(self):
        answers = support.begin()
        for name, want in (("grantor", "grantor"), ("recipient[3]", "fourth recipient"), ("player['grantor']", "grantor player"),
                           ("user.name", "name in the user"), ("user.child[1].toy", "toy in the second child in the user")):
            with self.subTest(name):
                self.assertEqual(answers["DAObject"](name).object_name(), want)
        self.assertEqual(answers["DAObject"]("player['grantor']").object_possessive("name"), "the grantor player's name")

    def test_lists_in_sentences(self):
        answers = support.begin()
        support.run("one = DAList('villain', elements=['a'], gathered=True)\ntwo = DAList('villains', elements=['a', 'b'], gathered=True)", answers)
        for expression, want in (("one.as_noun() + ' ' + one.does_verb('include')", "villain includes"),
                                 ("two.as_noun() + ' ' + two.does_verb('includes')", "villains include"),
                                 ("two.number_as_word()", "two"), ("two.quantity_noun('cat')", "two cats"), ("str(two)", "a and b"),
                                 ("DAList('witness', gathered=True).as_noun()", "witness"), ("repr(two)", "['a', 'b']")):
            with self.subTest(expression):
                self.assertEqual(eval(expression, answers), want)

    def test_markdown(self):
        for text, trim, want in (("I'm not sure", True, "I&rsquo;m not sure"), ("plain words", True, "plain words"), ("*a*", True, "<em>a</em>"),
                                 ("a\n\nb", True, "a b"), ("a", False, "<p>a</p>"), ("1. a", True, "<ol>\n<li>a</li>\n</ol>"), ("", True, "")):
            with self.subTest(text):
                self.assertEqual(to_html(text, trim), want)


if __name__ == "__main__":
    unittest.main()
