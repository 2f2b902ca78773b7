"""The warehouse stage: opening a night (rewind) and the one dbt invocation that builds staging to marts.

Business SQL lives in ``dbt_project/``; rules and members in ``assets/audience``.
"""
