"""The delivery stage: workbooks for marketers and the published database for analysts.

How a workbook is written is the pure library ``exports``; what is in a table was decided earlier in the night.
"""
