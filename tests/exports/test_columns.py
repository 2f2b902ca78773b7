import pytest

from exports.columns import CUSTOMER_COLUMNS, MEMBER_COLUMNS, UnknownColumnError, choose_columns

PRODUCT_ORDER = [
    "昵称", "姓名", "上次就诊时间", "生日", "城市", "性别", "手机号码", "病历号", "所属机构", "患者类型",
    "来源一级", "来源二级", "来源三级", "初诊时间", "患者备注",
    "网电咨询师", "咨询师", "上次就诊医生", "责任医生", "专属客服", "客户编号",
]  # fmt: skip


def headers(*wished: str) -> list[str]:
    return [column.header for column in choose_columns(wished)]


def test_the_customer_list_is_the_products():
    assert [column.header for column in CUSTOMER_COLUMNS] == PRODUCT_ORDER
    assert len(CUSTOMER_COLUMNS) == 2 + 18 + 1, "fixed, optional, and the customer's number"


def test_members_are_customers_and_since_when():
    assert [column.header for column in MEMBER_COLUMNS] == [*PRODUCT_ORDER, "进入时间"]


def test_headers_and_ids_are_unique():
    assert len({column.header for column in MEMBER_COLUMNS}) == len(MEMBER_COLUMNS)
    assert len({column.id for column in MEMBER_COLUMNS}) == len(MEMBER_COLUMNS)


def test_phones_are_told_from_other_text_and_people_and_stores_are_references():
    assert [column.id for column in CUSTOMER_COLUMNS if column.kind == "phone"] == ["phone"]
    assert [column.id for column in CUSTOMER_COLUMNS if column.refers_to == "store"] == ["store_id"]
    assert len([column for column in CUSTOMER_COLUMNS if column.refers_to == "employee"]) == 5


def test_a_choice_keeps_the_users_order_behind_the_fixed_columns():
    assert headers("oneid", "生日", " city ") == ["昵称", "姓名", "客户编号", "生日", "城市"]
    assert headers("生日", "姓名", "birthday") == ["昵称", "姓名", "生日"]
    assert headers() == PRODUCT_ORDER


def test_only_members_have_a_since():
    assert choose_columns(["since"], MEMBER_COLUMNS)[-1].header == "进入时间"
    with pytest.raises(UnknownColumnError, match="没有“since”这一列"):
        choose_columns(["since"])


def test_every_unknown_column_is_named_with_the_nearest_ones():
    with pytest.raises(UnknownColumnError) as caught:
        choose_columns(["生曰", "责任医师", "birthdy", "zzz", "城市"])
    message = str(caught.value)
    assert "没有“生曰”这一列，最接近的是：生日；" in message
    assert "没有“责任医师”这一列，最接近的是：责任医生" in message
    assert "没有“birthdy”这一列，最接近的是：生日" in message
    assert "没有“zzz”这一列。可选的列：昵称、姓名、" in message
    assert "没有“城市”" not in message
