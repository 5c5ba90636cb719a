"""A living demonstration: the written script played through the operations, or large sets loaded in bulk.

A demonstration is a mark inside the database (`app.core.demo`), set only on an empty one; the known passwords, the
mailbox page and the style page exist only with it.
"""
