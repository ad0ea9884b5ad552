"""Streamlit entry: language, the shared sidebar, the path through the pages, and the page."""

from pathlib import Path

import streamlit as st

from app_pages import workspace
from app_pages.current import prepare
from app_pages.files import current_inventory
from app_pages.links import open_link
from app_pages.path import pages, show_path
from app_pages.sidebar import choose_assumptions, choose_language

st.set_page_config(page_title="Consolidation calculator", page_icon="📦", layout="wide")
lost = workspace.enter()
choose_language()
page = st.navigation(pages(), position="top")
open_link(page.url_path)
inventory = current_inventory()
prepare(inventory, choose_assumptions(inventory))
workspace.keep()
st.html(Path(__file__).parent / "app_pages" / "look.css")
show_path(page, lost)
with st.container(key="page"):  # by its key the page stays what it is when a message comes or goes above it
    page.run()
workspace.keep()
