"""Questions asked in other words: nouns, verbs, offices, names in full, and what stays another question."""

import pytest

from datakit.matching.asked_alike import alike
from datakit.matching.lexemes import lexeme, lexemes
from datakit.matching.question_form import Asked, asked, comparable
from datakit.matching.word_tables import rows


def form(text: str) -> Asked:
    """Return the form of a question that has one."""
    known = asked(text)
    assert known is not None, text
    return known


SAME = {
    "a title for a name": ("होमरूल लीग टिळकांनी कधी स्थापन केली?", "लोकमान्यांनी होमरूल लीग केव्हा सुरू केली?"),
    "a throne": ("शिवाजी महाराजांचा राज्याभिषेक कोणत्या साली झाला?", "शिवराय सिंहासनावर कधी विराजमान झाले?"),
    "a fort won": ("तोरणा किल्ला शिवाजी महाराजांनी कधी जिंकला?", "तोरणगड स्वराज्यात कोणत्या वर्षी सामील झाला?"),
    "a state founded": ("संयुक्त महाराष्ट्र कधी अस्तित्वात आला?", "महाराष्ट्र राज्याची निर्मिती कोणत्या वर्षी झाली?"),
    "an escape": ("शाहू महाराजांची कैदेतून सुटका कधी झाली?", "शाहू मुघलांच्या छावणीतून कोणत्या साली मुक्त झाले?"),
    "a death in battle": ("टिपू सुलतान कोणत्या साली मारला गेला?", "श्रीरंगपट्टणच्या लढाईत टिपूला वीरमरण कधी आले?"),
    "an end": ("दुसरे महायुद्ध कधी संपले?", "दुसऱ्या महायुद्धाची अखेर कोणत्या वर्षी झाली?"),
    "a founder": ("भूदान चळवळ कोणी सुरू केली?", "भूदान आंदोलनाचे प्रणेते कोण?"),
    "a builder": ("सिंधुदुर्गाचे बांधकाम कोणाच्या देखरेखीखाली झाले?", "सिंधुदुर्गाचा स्थापती कोण होता?"),
    "an oath": ("महाराष्ट्राचे पहिले मुख्यमंत्री कोण?", "महाराष्ट्राच्या मुख्यमंत्रिपदाची शपथ सर्वप्रथम कोणी घेतली?"),
    "a wedding": ("संभाजी महाराजांच्या पत्नीचे नाव काय?", "संभाजीराजे यांचा विवाह कोणाशी झाला?"),
    "an army led": ("पानिपतात मराठ्यांचे सेनापती कोण होते?", "पानिपतात मराठी फौजेचे नेतृत्व कोणी केले?"),
    "a name in full": ("वासुदेव बळवंत फडके यांचा मृत्यू कोठे झाला?", "फडके यांनी कोणत्या ठिकाणी देह ठेवला?"),
    "a book's other name": ("ज्ञानेश्वरी कोणी लिहिली?", "भावार्थदीपिका या ग्रंथाचे रचनाकार कोण?"),
    "near a town": ("लक्ष्मीबाईंना वीरमरण कोठे आले?", "झाशीची राणी कोणत्या शहराजवळ धारातीर्थी पडली?"),
    "now": ("महाराष्ट्रात सध्या किती जिल्हे आहेत?", "महाराष्ट्र राज्यातील जिल्ह्यांची संख्या किती आहे?"),
    "cut caves": ("वेरूळला किती लेणी आहेत?", "वेरूळ येथे खोदलेल्या लेण्यांची एकूण संख्या सांगा."),
    "a burial": ("मस्तानीची कबर कोठे आहे?", "मस्तानीला कोणत्या गावी दफन करण्यात आले?"),
}


@pytest.mark.parametrize(("one", "two"), SAME.values(), ids=SAME)
def test_it_asks_the_same(one: str, two: str) -> None:
    """One happening under another verb, a thing under another noun, a person under another name; both ways round."""
    assert comparable(form(one), form(two))
    assert comparable(form(two), form(one))


OTHER = {
    "born, hailing from": ("डॉ. आंबेडकरांचा जन्म कोठे झाला?", "डॉ. आंबेडकरांचे मूळ गाव कोणते?"),
    "begun, finished": ("शनिवारवाड्याचे बांधकाम कधी सुरू झाले?", "शनिवारवाड्याचे बांधकाम कधी पूर्ण झाले?"),
    "two conquerors": ("इंग्रजांनी रायगड कधी जिंकला?", "शिवाजी महाराजांनी रायगड कधी जिंकला?"),
    "written, printed": ("गीतारहस्य कधी लिहिले?", "गीतारहस्य कोणत्या साली प्रकाशित झाले?"),
    "died, lies": ("औरंगजेबाचा मृत्यू कोठे झाला?", "औरंगजेबाची कबर कोठे आहे?"),
    "elder, younger": ("शिवरायांचा ज्येष्ठ पुत्र कोण?", "शिवरायांचा धाकटा पुत्र कोण?"),
    "built, won": ("राजगड किल्ला कोणी बांधला?", "राजगड किल्ला कोणी जिंकून घेतला?"),
    "first, free and Indian": ("भारताचे पहिले गव्हर्नर जनरल कोण?", "स्वतंत्र भारताचे पहिले भारतीय गव्हर्नर जनरल कोण?"),
    "came, went": ("इंग्रज भारतात कधी आले?", "इंग्रज भारतातून कधी गेले?"),
    "her husband": ("महात्मा फुले यांचा जन्म कधी झाला?", "सावित्रीबाई फुले यांचा जन्म कोणत्या साली झाला?"),
    "taken, proclaimed": ("बाबासाहेबांनी धम्मदीक्षा कधी घेतली?", "बाबासाहेबांनी धर्मांतराची घोषणा कोणत्या साली केली?"),
}


@pytest.mark.parametrize(("one", "two"), OTHER.values(), ids=OTHER)
def test_it_asks_something_else(one: str, two: str) -> None:
    """Words that are near each other and do not mean one thing keep questions apart; both ways round."""
    assert not comparable(form(one), form(two))
    assert not comparable(form(two), form(one))


def test_the_table_only_changes_stems() -> None:
    """A word keeps its case and its kind; words that ask nothing go; a word of no row stays the object it is."""
    words = lexemes("सध्या गडावरील रायगड")
    fort, name = alike(words)
    assert (fort.stem, fort.case) == (lexeme("किल्ला").stem, words[1].case)
    assert name is words[2]


def test_no_word_has_two_forms() -> None:
    """A word of two rows would take the later form by accident; a form is among its own words."""
    stems = [(lexeme(word).stem, form) for form, words, _ in rows("asked_alike") for word in words.split()]
    forms = {stem: {own for other, own in stems if other == stem} for stem, _ in stems}
    assert {stem: own for stem, own in forms.items() if len(own) > 1} == {}
    assert all(form in words.split() for form, words, _ in rows("asked_alike"))


def test_the_table_says_what_joins_its_words() -> None:
    """Each row is of one meaning, or one only where a question of history asks so."""
    assert {why for _, _, why in rows("asked_alike")} == {"same", "question"}
