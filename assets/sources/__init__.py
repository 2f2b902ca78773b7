"""The stage before the extracts: a clinic's own exports, tables as people make them, become files of the landing.

What the landing's files must look like, and whether a value is right, is for ``assets/extracts``.
"""
