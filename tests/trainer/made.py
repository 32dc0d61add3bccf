"""Rows and sentences that the trainer's tests use."""

from datakit.lineage import row_id
from trainer.version import Row

CURATED_TEXT = [
    "शिवनेरी हा किल्ला जुन्नरजवळ आहे आणि तेथे शिवाजी महाराजांचा जन्म झाला.",
    "रायगडावर १६७४ मध्ये राज्याभिषेक झाला.",
    "प्रतापगडाच्या पायथ्याशी १६५९ मध्ये अफझलखानाची भेट झाली.",
    "तोरणा हा किल्ला पुणे जिल्ह्यात वेल्हे येथे आहे.",
    "सिंहगडाचे जुने नाव कोंढाणा असे होते.",
    "पुरंदरचा तह १६६५ मध्ये मिर्झाराजे जयसिंग यांच्याशी झाला.",
    "पन्हाळा किल्ल्यावरून महाराज विशाळगडाकडे निघाले.",
    "बाजीप्रभू देशपांडे यांनी घोडखिंड लढवली.",
    "संत तुकाराम हे देहू येथील होते.",
    "संत ज्ञानेश्वरांनी ज्ञानेश्वरी लिहिली.",
    "पहिले बाजीराव यांनी पालखेडची लढाई जिंकली.",
    "१७६१ मध्ये पानिपतची तिसरी लढाई झाली.",
    "महात्मा फुले यांनी सत्यशोधक समाजाची स्थापना केली.",
    "सावित्रीबाई फुले यांनी पुण्यात मुलींची शाळा चालवली.",
]


def row(question: str, answer: str, number: int = 0, *, system: str = "") -> Row:
    """Return a row as a version holds it."""
    turns = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Row(
        id=row_id(turns), split="train", source_id=f"source-{number % 2}", messages=tuple(turns),
        question=question, answer=answer,
    )  # fmt: skip
