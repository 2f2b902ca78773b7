"""What is wrong with a home, and the cure (interfaces.md §3, ``cdp doctor``): checks that find, one list that gathers.

``home.py`` looks at files, ``required.py`` reads those that a night waits for, ``night.py`` asks the published
database; ``capabilities.py`` reads what can be answered, ``new_columns.py`` offers what could be.
Nothing here writes into the home, opens the warehouse file, waits for a lock or needs Dagster or dbt.
"""
