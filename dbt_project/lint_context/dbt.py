"""What dbt's own cross-database macros are to the models, for sqlfluff's jinja templater."""


def datediff(first: str, second: str, datepart: str) -> str:
    """The SQL of the number of ``datepart`` boundaries between two expressions."""
    return f"date_diff('{datepart}', {first}, {second})"
