"""Closed-class words and endings that tell a short question's language where a model of n-grams sees only names.

They decide nothing by themselves: the language stage asks them about questions of which the model is in doubt or which
it takes for foreign, because names are all that is left to judge by.
"""

from typing import Final

_START: Final = r"(?:^|[^\pL\pM])"
_END: Final = r"(?:[^\pL\pM]|$)"


def _words(listed: str) -> str:
    return f"{_START}(?:{'|'.join(listed.split())}){_END}"


def _endings(listed: str) -> str:
    return rf"[\pL\pM]{{2}}(?:{'|'.join(listed.split())}){_END}"


MARATHI: Final = "|".join(
    (
        _words(
            "कोण कोणी कोणता कोणती कोणते कोणत्या कोणाचा कोणाची कोणाचे कोणाच्या कोणाला कोणास कोणाशी कोणामध्ये कधी केव्हा कोठे"
            " कुठे कोठून कुठून कोठले कुठले काय किती कसा कशी कसे कशासाठी कशामुळे आहे आहेत होता होती होते झाला झाली झाले नाव"
            " चा ची चे च्या यांचा यांची यांचे यांच्या यांनी मध्ये म्हणजे"
        ),
        _endings("चा ची चे च्या ांनी ींनी ांना"),
    )
)
"""Marathi's own; कोण and the endings -ची, -चे, -च्या are Konkani's too, which OTHERS sets apart."""

OTHERS: Final = "|".join(
    (
        _words("का के की को ने में से पर है हैं था थी थे कौन कब कहाँ कहां क्या क्यों कैसे किसने किसका किसकी किसके कितने कितनी हुआ हुई हुए"),
        _words("कसले कसको कहिले कहाँ कुन कति किन हो हुन् छ छन् थियो थिए भयो"),
        _endings("को लाई बाट"),
        _words("खंय खंयचो खंयची खंयचें खंयच्या कोणें कोणाचो केन्ना कितें कितलें कितलीं कितले कित्याक आसा जालो जाली जालें नांव हाचो हांचो"),
        _endings("चो चें लें ल्लो ल्ली ल्लें ाक ांक"),
        rf"[ः्ऽ]{_END}",
    )
)
"""Hindi's, Nepali's, Konkani's and Sanskrit's own, or such as Marathi hardly has in a question."""
