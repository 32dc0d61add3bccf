"""DOCX: what a reader of the document sees, list numbers included."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def written(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def repacked(data: bytes, **parts: bytes | None) -> bytes:
    """Return the archive with parts replaced (None: left out); names with `/` written as `__`."""
    stream = io.BytesIO()
    changed = {name.replace("__", "/"): body for name, body in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            key = name.removesuffix(".xml")
            body = changed.pop(key, source.read(name))
            if body is not None:
                target.writestr(name, body)
    return stream.getvalue()


def test_marked_paragraphs(pairs: Pairs) -> None:
    """प्र./उ. paragraphs are pairs, and the place names the paragraphs."""
    data = written("इतिहास", "प्र. १) रायगड कोठे आहे?", "उ. महाडजवळ.", "", "प्र. २) राजधानी कोणती?", "उ. रायगड")
    assert pairs("a.docx", data) == [
        ("paragraphs 2-3", "रायगड कोठे आहे?", "महाडजवळ."),
        ("paragraphs 5-6", "राजधानी कोणती?", "रायगड"),
    ]


def test_headings_that_ask(pairs: Pairs) -> None:
    """A heading that asks is answered by the text below it, up to the next heading."""
    document = docx.Document()
    document.add_heading("होन म्हणजे काय?", 2)
    document.add_paragraph("सोन्याचे नाणे.")
    document.add_heading("संदर्भ", 2)
    document.add_paragraph("सभासद बखर")
    assert pairs("a.docx", saved(document)) == [("paragraphs 1-2", "होन म्हणजे काय?", "सोन्याचे नाणे.")]


def test_tables_of_questions(pairs: Pairs) -> None:
    """A table with a question and an answer column gives a pair a row."""
    document = docx.Document()
    table = document.add_table(2, 3)
    for cell, text in zip(table._cells, ["क्र.", "प्रश्न", "उत्तर", "१", "कोण?", "शाहू"], strict=True):
        cell.text = text
    assert pairs("a.docx", saved(document)) == [("table 1 row 2", "कोण?", "शाहू")]


def test_other_tables_are_markdown(rows: Read) -> None:
    """Any other table stands in the text as Markdown."""
    document = docx.Document()
    document.add_paragraph("किल्ल्यांची यादी")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["किल्ला", "जिल्हा", "राजगड", "पुणे"], strict=True):
        cell.text = text
    (row,) = rows("a.docx", saved(document))
    assert row["reject_reason"] == "no_question_answer_pairs"
    assert row["context"] == "किल्ल्यांची यादी\n| किल्ला | जिल्हा |\n| --- | --- |\n| राजगड | पुणे |"


def test_numbers_that_word_draws(pairs: Pairs) -> None:
    """The numbers of a list are not in its text, yet they tell questions and their key apart."""
    document = docx.Document()
    document.add_paragraph("पहिले छत्रपती कोण? (अ) शिवाजी (ब) संभाजी", style="List Number")
    document.add_paragraph("दुसरे छत्रपती कोण? (अ) शिवाजी (ब) संभाजी", style="List Number")
    document.add_paragraph("उत्तरसूची")
    document.add_paragraph("१-अ, २-ब")
    assert [pair[2] for pair in pairs("a.docx", saved(document))] == ["शिवाजी", "संभाजी"]


def test_tracked_changes_and_hidden_text(pairs: Pairs) -> None:
    """Insertions are read, deletions and hidden runs are not, breaks end lines."""
    document = docx.Document()
    body = document.add_paragraph("प्र. ")._p
    body.append(parse_xml(f"<w:ins {W} w:id='1'><w:r><w:t>नवे कोण?</w:t></w:r></w:ins>"))
    body.append(parse_xml(f"<w:del {W} w:id='2'><w:r><w:delText>जुने</w:delText><w:t>जुने</w:t></w:r></w:del>"))
    body.append(parse_xml(f"<w:r {W}><w:rPr><w:vanish/></w:rPr><w:t>गुप्त</w:t></w:r>"))
    body.append(parse_xml(f"<w:r {W}><w:br/><w:t>उ. शाहू</w:t></w:r>"))
    assert [pair[1:] for pair in pairs("a.docx", saved(document))] == [("नवे कोण?", "शाहू")]


def test_long_text_is_told_in_pieces(rows: Read) -> None:
    """Text in which nothing is asked is told in pieces of about a page, none of it lost."""
    given = [f"ओळ {number}: छत्रपती शिवाजी महाराजांचा इतिहास सांगणारी ही एक ओळ आहे." for number in range(200)]
    found = rows("a.docx", written(*given))
    assert len(found) > 3
    assert {row["reject_reason"] for row in found} == {"no_question_answer_pairs"}
    assert "\n".join(row["context"] for row in found).split("\n") == given


def test_prose_before_questions_is_kept(rows: Read) -> None:
    """An introduction is a document of its own; the questions after it are pairs."""
    text = "छत्रपती शाहू महाराजांच्या काळात मराठ्यांच्या सत्तेचा विस्तार झाला. पेशव्यांनी उत्तरेपर्यंत मोहिमा काढल्या आणि चौथ वसूल केली."
    found = rows("a.docx", written(text, "प्र. कोण?", "उ. शाहू"))
    assert [(row["reject_reason"], row["context"], row["answer"]) for row in found] == [
        ("no_question_answer_pairs", text, None),
        (None, None, "शाहू"),
    ]


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"PK\x03\x04 no archive", "unreadable_file", "no readable archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted_file", "with a password"),
        (repacked(written("क"), word__document=None), "unreadable_file", "no readable document"),
        (repacked(written("क"), word__document=b"<x"), "unreadable_file", "no readable document"),
        (repacked(written("क"), word__document=b" " * (80 << 20)), "archive_too_large", "200 to 1"),
        (saved(docx.Document()), "empty_file", "without a paragraph"),
    ],
)
def test_files_that_are_none(rows: Read, data: bytes, reason: str, detail: str) -> None:
    """Damaged, locked, swollen and empty documents are each refused by their name."""
    (row,) = rows("a.docx", data)
    assert row["reject_reason"] == reason
    assert detail in row["reject_detail"]


def test_entities_are_not_resolved(rows: Read, tmp_path: Any) -> None:
    """A document cannot read a file of the machine into its text."""
    secret = tmp_path / "secret"
    secret.write_text("गुपित")
    body = (
        f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{secret}">]><w:document {W}><w:body>'
        "<w:p><w:r><w:t>प्र. क?</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>उ. ख &x;</w:t></w:r></w:p></w:body></w:document>"
    )
    found = rows("a.docx", repacked(written("क"), word__document=body.encode()))
    assert "गुपित" not in str(found)
