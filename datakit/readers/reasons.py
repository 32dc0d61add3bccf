"""Every reason for which a reader rejects a row or a file.

A reason is a fault in snake_case. The text beside it says what was wrong; a reject's detail says where and what to do.
"""

from typing import Final

FILE_REASONS: Final = {
    "empty_file": "the file holds nothing",
    "unsupported_format": "no reader for this kind of file",
    "unreadable_file": "the bytes are not what the file says it is",
    "truncated_file": "the file stops in the middle",
    "outside_raw": "a link that leads out of the input folder",
    "unsafe_path": "an archive member that would leave its folder",
    "archive_too_large": "an archive that unpacks to far more than its size",
    "nested_archive": "an archive inside an archive inside an archive",
    "encrypted_archive": "an archive that needs a password",
    "no_question_answer_pairs": "text with no question and answer in it",
    "encrypted_file": "a file that needs a password, or that a lock hides",
    "too_many_pages": "a PDF of more pages than any book",
    "unreadable_page": "a page that is damaged",
    "blank_page": "a page without a letter",
    "needs_ocr": "a page whose text is missing, wrong or of a legacy font, and no OCR to read its picture",
    "needs_extra": "a page whose text needs a package that is not installed",
    "ocr_unsure": "text that OCR is not sure of",
    "hidden_sheet": "a sheet that its author has hidden",
}

ROW_REASONS: Final = {
    "row_too_large": "one row larger than the limit",
    "invalid_utf8": "bytes that are not UTF-8 among bytes that are",
    "legacy_encoding": "text of an 8-bit code page, which cannot hold Devanagari",
    "nul_bytes": "NUL bytes where text belongs",
    "invalid_json": "not JSON",
    "too_deep": "JSON nested too deep",
    "not_an_object": "a JSON value that is no object",
    "not_text": "a list, an object or a truth value where text belongs",
    "unrecognised_columns": "no columns that can be taken for question and answer",
    "ragged_row": "more or fewer fields than the header",
    "unclosed_quote": "a quote that is never closed",
    "unknown_role": "a turn by somebody who is neither user nor assistant",
    "turns_out_of_order": "turns that do not alternate",
    "no_answer_given": "a question without an answer",
    "answer_without_question": "an answer without a question",
    "answer_not_among_options": "an answer key that names none of the options",
    "answer_key_unclear": "an answer key that does not tell which question it answers",
    "ambiguous_option": "an option number that may count from 0 or from 1",
    "formula_without_value": "a formula whose result was never stored",
}

DRAFT_REASONS: Final = {
    "reply_not_json": "the reply holds no JSON object with pairs",
    "wrong_schema": "an object of the reply is no pair",
    "span_not_in_page": "the span is not a verbatim part of the page",
    "span_too_short": "the span is too short to hold a question's answer",
    "span_instructs": "the span speaks to a language model, not to a reader",
    "not_grounded": "numbers, dates, names or most words of the answer are not in the span",
    "question_not_grounded": "numbers, dates or names of the question are not in the page",
    "answer_repeats_question": "the answer says no more than the question",
    "repeated_question": "the page has given this question already",
}
"""Why `datakit synthesize` refused what a model wrote; the rows bring the reason along in their file."""

REASONS: Final[tuple[str, ...]] = (*FILE_REASONS, *ROW_REASONS, *DRAFT_REASONS)
