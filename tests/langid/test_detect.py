"""What the default engine says of clear cases, and that it says the same every time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from datakit.errors import UsageError
from datakit.langid import UNKNOWN, detect, guess

CLEAR = [
    ("mar", "शिवाजी महाराजांनी स्वराज्याची स्थापना कशी केली ते सांगा."),
    ("mar", "बाजीराव पेशव्यांनी पालखेडच्या लढाईत निजामाचा पराभव केला."),
    ("mar", "GST म्हणजे Goods and Services Tax असे म्हणतात."),
    ("hin", "शिवाजी महाराज ने स्वराज्य की स्थापना कैसे की यह बताइए।"),
    ("hin", "पानीपत की तीसरी लड़ाई में मराठों की हार हुई थी।"),
    ("npi", "उनले काठमाडौं उपत्यका जितेर नेपालको एकीकरण गरेका थिए।"),
    ("gom", "ताणें आपल्या भुरगेपणांत खूब पुस्तकां वाचलीं आनी शिकप सोडलें ना."),
    ("gom", "गोंय पुर्तुगेज राजवटींतल्यान केन्ना मेकळें जालें?"),
    ("san", "सर्वे भवन्तु सुखिनः सर्वे सन्तु निरामयाः।"),
    ("mai", "अहाँ कतय जाइत छी, हम घर पर अछि।"),
    ("bho", "रउआ कहाँ जात बानी, हमनी के घरे चलीं।"),
    ("eng", "The Maratha empire was founded in the seventeenth century."),
    ("mar-Latn", "Shivaji maharajanni swarajyachi sthapna kashi keli te sanga."),
    ("hin-Latn", "Shivaji maharaj ne swarajya ki sthapna kaise ki yah bataiye."),
    ("guj", "શિવાજી મહારાજનો જન્મ ક્યાં થયો હતો?"),
    ("tam", "சிவாஜி எங்கே பிறந்தார்?"),
]

NOTHING = [
    "",
    " ",
    "\n\t",
    "१६७४",
    "1674 - 1680",
    "?!…।॥",
    "😀😀",
    "\x00",
    "\x00\x00\x00",
    "क",
    "a",
    "\ud800",
    "\u200d\u200d",
]


@pytest.mark.parametrize(("label", "text"), CLEAR)
def test_a_sentence_gets_the_label_of_its_language(label: str, text: str) -> None:
    """Whole sentences in each language that the model knows are labelled with it."""
    assert detect([text]) == [label]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_to_go_by_is_undetermined(text: str) -> None:
    """Where there are not two letters in a row, the label is `und` and the confidence 0."""
    found = guess([text])
    assert (found.labels, found.confidences) == ([UNKNOWN], [0.0])


def test_no_texts_give_no_labels() -> None:
    """An empty list is answered with an empty list."""
    assert detect([]) == []


def test_an_answer_depends_on_the_text_alone() -> None:
    """Labels and confidences are the same whatever the batch, its order, its size and its neighbours."""
    texts = [text for _, text in CLEAR] + NOTHING
    alone = [guess([text]) for text in texts]
    order = list(range(len(texts)))
    Random(7).shuffle(order)
    together = guess([texts[place] for place in order])
    for place, label, confidence in zip(order, together.labels, together.confidences, strict=True):
        assert ([label], [confidence]) == (alone[place].labels, alone[place].confidences), texts[place]


def test_many_batches_equal_one_text_at_a_time() -> None:
    """Texts beyond one batch keep their places: 10,000 texts are answered as their pattern repeats."""
    texts = [text for _, text in CLEAR]
    repeated = guess(texts * 700)
    once = guess(texts)
    assert repeated.labels == once.labels * 700
    assert repeated.confidences == once.confidences * 700


def test_threads_do_not_disturb_each_other() -> None:
    """Eight threads that ask at once get what one gets."""
    texts = [text for _, text in CLEAR] * 50
    wanted = detect(texts)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: detect(texts), range(8)):
            assert found == wanted


def test_another_process_says_the_same() -> None:
    """Hash seeds of a process do not reach the answer: confidences agree to the last digit."""
    text = CLEAR[0][1]
    program = f"from datakit.langid import guess; print(guess([{text!r}]).confidences[0])"
    for seed in ("0", "1"):
        env = {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": ":".join(filter(None, sys.path))}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
        assert float(done.stdout) == guess([text]).confidences[0]


def test_spelling_variants_of_one_text_get_one_answer() -> None:
    """Letters with a nukta as one character or as two, and joiners or none, are the same text."""
    composed = "\u0929ये कप\u095cे \u0958लम किसने \u0959रीदे थे यह बताइए"
    decomposed = "\u0928\u093cये कप\u0921\u093cे \u0915\u093cलम किसने \u0916\u093cरीदे थे यह बताइए"
    assert composed != decomposed
    joined = "त्या\u200d राज\u200cाचा मुलगा राज्यावर आला"
    assert guess([composed]) == guess([decomposed])
    assert guess([joined]) == guess([joined.replace("\u200d", "").replace("\u200c", "")])


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    """A text is judged by its first 600 characters, so that a megabyte costs no more than a page."""
    head = "महाराजांनी गडावर नवीन बुरूज बांधले आणि तेथे तोफा ठेवल्या होत्या. " * 10
    assert guess([head + "the rest is in English. " * 50_000]) == guess([head])


def test_confidence_is_a_share() -> None:
    """Confidences lie between 0 and 1, and a long clear sentence has more of it than one shared word."""
    sure, doubtful = guess([CLEAR[1][1], "समाधान"]).confidences
    assert 0 < doubtful < sure <= 1
    assert sure > 0.9


def test_an_engine_that_does_not_exist_is_named_with_the_nearest() -> None:
    """The message says what was asked for, the nearest name, and all names."""
    with pytest.raises(
        UsageError, match=r"no language engine is called 'arora'; did you mean aurora\? there are: aurora, pycld2"
    ):
        detect(["नमस्कार"], engine="arora")
