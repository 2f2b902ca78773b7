"""Rows as their sources land them, with what every test leaves the same; and one customer's profile."""

from typing import Any

from tests.dbt_project.landed import Query, Row


def patient(patient_id: str, name: str, created_at: str = "2024-01-01", **more: Any) -> Row:
    return {"patient_id": patient_id, "name": name, "created_at": created_at} | more


def mini(openid: str, created_at: str = "2024-01-01", **more: Any) -> Row:
    return {"appid": "wxm", "openid": openid, "created_at": created_at} | more


def fan(openid: str, **more: Any) -> Row:
    return {"appid": "wxf", "openid": openid, "subscribe": 1} | more


def lead(lead_id: str, created_at: str, **more: Any) -> Row:
    return {"lead_id": lead_id, "created_at": created_at, "status": "跟进中"} | more


def contact(external_userid: str, follows: str = "[]", **more: Any) -> Row:
    return {"external_userid": external_userid, "corpid": "ww1", "follows": follows} | more


def profile(night: Query, customer_key: int, *fields: str) -> tuple[Any, ...]:
    rows = night(f"select {', '.join(fields)} from core.dim_customers where customer_key = {customer_key}")
    assert len(rows) == 1
    return rows[0]
