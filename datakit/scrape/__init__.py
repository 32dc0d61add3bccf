"""Scraping: web pages fetched politely, stored as fetched, and accounted for line by line."""

from datakit.scrape.declared import read_plan, with_private
from datakit.scrape.plan import Plan, Site
from datakit.scrape.run import Summary, scrape

__all__ = ["Plan", "Site", "Summary", "read_plan", "scrape", "with_private"]
