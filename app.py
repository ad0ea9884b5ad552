"""Streamlit entry: the page list and nothing else."""

import streamlit as st

st.set_page_config(page_title="Consolidation calculator", page_icon="📦", layout="wide")
st.navigation(
    [
        st.Page("app_pages/answer.py", title="Answer", icon=":material/inventory_2:", default=True),
        st.Page("app_pages/estate.py", title="Your files", icon=":material/table_view:"),
    ]
).run()
