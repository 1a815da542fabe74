"""The past that the demo begins with: people, inquiries and appointments, made by real actions.

`filling` says in which order, `chronicle` when; the texts stand beside them as data.
"""
