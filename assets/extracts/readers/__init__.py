"""One reader per file format; each yields chunks of rows with line numbers and refuses what it cannot read.

What a value must look like is decided in ``casting.py``; what becomes of refused rows in ``loading.py``.
"""
