"""Pulling from the APIs of WeCom and the official account: what they answer becomes files of the landing.

api → wecom, wechat_oa → landing_files; unfinished.py keeps what an interrupted pull has fetched. Plain libraries: no
Dagster here, no environment and no clock. What the rows mean is for ``assets/extracts``, which reads the files later.
"""
