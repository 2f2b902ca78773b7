"""The right to erasure (oneid.md §2.8): one person taken out of the landing, the warehouse and all that was made of it.

person → landing and exports (by rewriting and sheets) → databases (by ledger and graves) → traces; ``erase.py`` says in
which order, ``journal.py`` what a kill has left undone. Keeping the person out of later nights is
``assets/extracts/suppression.py``; making the derived tables anew is the job ``rederive``.
"""
