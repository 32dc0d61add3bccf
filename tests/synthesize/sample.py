"""Pages to try on, written for the tests; the history is true."""

from datakit.synthesize import Page

RAIGAD = (
    "रायगड हा सह्याद्रीतील एक किल्ला आहे. ६ जून १६७४ रोजी रायगडावर शिवाजी महाराजांचा राज्याभिषेक झाला. "
    "या किल्ल्याचे बांधकाम हिरोजी इंदुलकर यांनी केले. पूर्वी त्याचे नाव रायरी होते. "
    "१८१८ मध्ये इंग्रजांनी तोफांचा मारा करून रायगड जिंकला."
)
PHULE = (
    "महात्मा फुले यांनी २४ सप्टेंबर १८७३ रोजी पुण्यात सत्यशोधक समाजाची स्थापना केली. "
    "सावित्रीबाई फुले यांनी मुलींना शिकवण्याचे काम केले. १८४८ मध्ये भिडे वाड्यात मुलींची शाळा सुरू झाली."
)
TABLE = (
    "तक्ता १: मराठा साम्राज्यातील पेशवे\n\n| पेशवा | कारकीर्द |\n|---|---|\n| बाळाजी विश्वनाथ | १७१३ ते १७२० |\n"
    "| पहिला बाजीराव | १७२० ते १७४० |\n| नानासाहेब | १७४० ते १७६१ |"
)


def page(text: str = RAIGAD, *, source_id: str = "kille", locator: str = "page 3") -> Page:
    """Return a page of a declared source."""
    return Page(text=text, source_id=source_id, licence="CC-BY-4.0", file="kille.txt", locator=locator)
