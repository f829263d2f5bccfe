"""The cases: a file per section of the document, a test per idea.

The one rule: a test says in its docstring what is sent and why that alone is at fault; what it needs, how its twins are
kept and how it is recorded are the kit's affair.
"""
