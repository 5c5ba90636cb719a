"""What every feature stands on: one way to change, one way to tell, one way to refuse.

`database` owns the write transaction, `journal` tells open pages what changed, `audit` remembers who did what,
`things` lets lower layers speak of objects they may not import, `errors` carries sentences to people.
"""
