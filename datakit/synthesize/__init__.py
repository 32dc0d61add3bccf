"""Synthesis: documents to question and answer pairs through an OpenAI-compatible server, each tied to its span."""

from datakit.synthesize.endpoint import Endpoint, endpoint_of
from datakit.synthesize.page import Page
from datakit.synthesize.pages import pages_of_raw, pages_of_version
from datakit.synthesize.run import Options, Summary, synthesize

__all__ = ["Endpoint", "Options", "Page", "Summary", "endpoint_of", "pages_of_raw", "pages_of_version", "synthesize"]
