"""Words, tables, charts and files made of an assessment. No Streamlit here."""
