"""The tree nation > region > community, its companies and people, and the rights that follow from them.

Vocabulary: a **node** is a place of the tree; a **company** is a member of communities (`CompanyMembership`, admitted by
a human); a **person** reaches communities through an **employment**; a **role grant** gives a role at a node, inherited
downwards, or in a company. `access.py` turns all of it into one value that every predicate reads.
"""
