"""The audience stage: rules → members, with a log of who entered and left and why.

What a rule means is the pure library ``rules``; this stage runs compiled conditions and keeps state across nights.
"""
