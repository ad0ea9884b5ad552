"""Streamlit entry: the page list and nothing else."""

import streamlit as st

from app_pages.current import keep_widget_values

st.set_page_config(page_title="Consolidation calculator", page_icon="📦", layout="wide")
keep_widget_values()
st.navigation(
    [
        st.Page("app_pages/answer.py", title="Answer", icon=":material/inventory_2:", default=True),
        st.Page("app_pages/estate.py", title="Your files", icon=":material/table_view:"),
        st.Page("app_pages/recovery.py", title="Recovery", icon=":material/health_and_safety:"),
        st.Page("app_pages/unseen.py", title="Unseen days", icon=":material/query_stats:"),
        st.Page("app_pages/migration.py", title="Migration", icon=":material/move_up:"),
        st.Page("app_pages/platforms.py", title="Platform", icon=":material/memory:"),
    ]
).run()
