"""The passes of compile.py: checks on a rule as given, then one step a file from words to SQL."""
