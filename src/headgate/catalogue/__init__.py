"""What a model entry is and means: its document, rules and visibility, and the snapshot that requests read.

Pure: a function of what it is given. The limits and rules of fields are written here and nowhere else.
"""
