"""The reports of a clinic's own software: other names, other values, other dates, other files than ours.

Written knowing nothing of ``assets/sources``; ``mappings/`` beside it leads back. The files are made in
``clinic_exports.py``.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).with_name("mappings")
# What this clinic has no software for.
MISSING = ("ekanya/consultations", "ekanya/reviews", "ekanya/ai_findings")

Render = Callable[[Any], Any]


def as_is(value: Any) -> Any:
    """A cell as the sample has it."""
    return value


def words(**theirs: str) -> Render:
    """Our word → theirs."""
    return lambda value: theirs.get(value, value)


def when(form: str) -> Render:
    """A date or time as text."""
    return lambda value: value.strftime(form)


def first(value: str) -> str:
    return value[:1]


def rest(value: str) -> str:
    return value[1:]


def yuan(value: Decimal) -> str:
    return f"￥{value:,.2f}"


def items(value: list[str]) -> str:
    return "、".join(value)


def millis(value: dt.datetime) -> int:
    return int((value - dt.datetime(1970, 1, 1, 8)).total_seconds() * 1000)


def yes(value: bool) -> str:
    return "是" if value else "否"


SLASHED, CHINESE = when("%Y/%m/%d %H:%M:%S"), when("%Y年%m月%d日 %H时%M分%S秒")
DATE_SLASHED, COMPACT = when("%Y/%m/%d"), when("%Y%m%d")
VISIT = words(初诊="首诊", 复诊="再诊")
VERSION = {"最后修改": ("updated_at", SLASHED), "作废": ("is_deleted", yes)}


@dataclass(frozen=True)
class Export:
    """One report: where it lies, whether it holds everything each time, and {their header: (our column, rendering)}."""

    extract: str
    path: str
    columns: dict[str, tuple[str, Render]]
    whole: bool = False
    encoding: str = "utf-8-sig"
    title: str | None = None
    total: bool = False
    nothing: str = ""
    offset_days: int = 1
    parts: int = 1
    always: dict[str, str] = field(default_factory=dict)


EXPORTS = (
    Export(
        "ekanya/stores",
        "{day:%Y%m%d}/门店档案.xlsx",
        {
            "门店编码": ("store_id", as_is),
            "门店名称": ("name", as_is),
            "所在城市": ("city", as_is),
            "大区": ("region", as_is),
            "前台电话": ("phone", as_is),
            "营业状态": ("status", words(营业="营业中")),
        },
        whole=True,
        title="门店档案",
    ),
    Export(
        "ekanya/store_subscriptions",
        "{day:%Y%m%d}/产品订阅.csv",
        {
            "门店编码": ("store_id", as_is),
            "产品": ("product", as_is),
            "开通日": ("starts_on", COMPACT),
            "到期日": ("ends_on", DATE_SLASHED),
        },
        whole=True,
        encoding="gb18030",
    ),
    Export(
        "ekanya/employees",
        "{day:%Y%m%d}/员工花名册.xlsx",
        {
            "工号": ("employee_id", as_is),
            "姓名": ("name", as_is),
            "岗位": ("role_id", as_is),
            "任职门店": ("store_ids", items),
            "手机": ("phone", as_is),
            "企业微信账号": ("wecom_userid", as_is),
            "在岗": ("status", words(在职="在岗", 离职="已离岗")),
        },
        whole=True,
        title="员工花名册",
        nothing="-",
    ),
    Export(
        "ekanya/patients",
        "{day:%Y%m%d}/患者列表{part}.xlsx",
        {
            "患者编号": ("patient_id", as_is),
            "病历号": ("medical_record_no", as_is),
            "姓": ("name", first),
            "名": ("name", rest),
            "性别": ("gender", words(男="男性", 女="女性", 未知="不详")),
            "出生日期": ("birthday", as_is),
            "患者类别": ("patient_type", as_is),
            "建档门店": ("store_id", as_is),
            "省份": ("province", as_is),
            "城市": ("city", as_is),
            "一级渠道": ("source_l1", as_is),
            "二级渠道": ("source_l2", as_is),
            "三级渠道": ("source_l3", as_is),
            "网电": ("tele_consultant", as_is),
            "咨询": ("consultant", as_is),
            "主治": ("responsible_doctor", as_is),
            "客服": ("dedicated_service", as_is),
            "备注": ("remark", as_is),
            "建档时间": ("created_at", CHINESE),
            "更新时间": ("updated_at", as_is),
        },
        whole=True,
        title="患者列表",
        total=True,
        parts=2,
        always={"打印次数": "0"},
    ),
    Export(
        "ekanya/patient_phones",
        "电话_{day:%Y-%m-%d}.csv",
        {
            "患者编号": ("patient_id", as_is),
            "电话": ("phone", as_is),
            "与患者关系": ("relation", words(本人="自己", 母亲="妈妈", 父亲="爸爸", 其他="其它")),
            "主号": ("is_main", yes),
            **VERSION,
        },
        encoding="gb18030",
    ),
    Export(
        "ekanya/appointments",
        "{day:%Y%m%d}/预约.xlsx",
        {
            "预约单号": ("appointment_id", as_is),
            "患者": ("patient_id", as_is),
            "门店": ("store_id", as_is),
            "登记时间": ("created_at", SLASHED),
            "预约时间": ("appt_time", when("%Y/%m/%d %H:%M")),
            "到店时间": ("arrived_at", as_is),
            "取消时间": ("cancelled_at", SLASHED),
            "状态": ("status", words(已预约="待确认", 已确认="确认", 已到店="到店", 已取消="取消")),
            "初复诊": ("visit_type", VISIT),
            "项目": ("items", items),
            "医生": ("doctor", as_is),
            "来源": ("channel", words(网电="电话")),
            "主诉": ("complaint", as_is),
            "更新时间": ("updated_at", as_is),
        },
        whole=True,
        total=True,
    ),
    Export(
        "ekanya/visits",
        "{day:%Y%m%d}/到诊明细.csv",
        {
            "就诊号": ("visit_id", as_is),
            "患者": ("patient_id", as_is),
            "预约单号": ("appointment_id", as_is),
            "门店": ("store_id", as_is),
            "到店": ("arrived_at", CHINESE),
            "离店": ("left_at", CHINESE),
            "初复诊": ("visit_type", VISIT),
            "医生": ("doctor", as_is),
            "咨询": ("consultant", as_is),
            "主诉": ("complaint", as_is),
            "主诉完成": ("complaint_done", yes),
            **VERSION,
        },
        encoding="gb18030",
        title="到诊明细",
    ),
    Export(
        "ekanya/charge_bills",
        "{day:%Y%m%d}/收费单.csv",
        {
            "单号": ("bill_id", as_is),
            "患者": ("patient_id", as_is),
            "就诊号": ("visit_id", as_is),
            "门店": ("store_id", as_is),
            "开单": ("billed_at", SLASHED),
            "收款": ("paid_at", SLASHED),
            "状态": ("status", words(未收费="待收", 已收费="已收", 已退费="退款", 已作废="作废")),
            "类型": ("bill_type", as_is),
            "应收": ("receivable", yuan),
            "折后": ("discounted", yuan),
            "实收": ("received", yuan),
            "赠金": ("bonus_paid", yuan),
            "积分抵扣": ("points_paid", yuan),
            "欠费": ("arrears", yuan),
            "医生": ("doctor", as_is),
            "咨询": ("consultant", as_is),
            "更新时间": ("updated_at", SLASHED),
        },
        whole=True,
        total=True,
    ),
    Export(
        "ekanya/charge_items",
        "{day:%Y%m%d}/收费明细.xlsx",
        {
            "明细号": ("line_id", as_is),
            "单号": ("bill_id", as_is),
            "项目": ("item", as_is),
            "大类": ("category", as_is),
            "小类": ("subcategory", as_is),
            "牙位": ("tooth", as_is),
            "数量": ("qty", float),
            "单价": ("price", float),
            "折后": ("discounted", float),
            "实收": ("received", float),
            "医生": ("doctor", as_is),
            "收费时间": ("charged_at", SLASHED),
            **VERSION,
        },
        title="收费明细",
        total=True,
    ),
    Export(
        "ekanya/refunds",
        "{day:%Y%m%d}/退费.xlsx",
        {
            "退费号": ("refund_id", as_is),
            "单号": ("bill_id", as_is),
            "明细号": ("line_id", as_is),
            "退款金额": ("amount", yuan),
            "退款时间": ("refunded_at", CHINESE),
            "原因": ("reason", as_is),
        },
        nothing="--",
    ),
    Export(
        "ekanya/points_ledger",
        "积分/{day:%Y%m%d}.csv",
        {
            "流水号": ("entry_id", as_is),
            "患者": ("patient_id", as_is),
            "时间": ("at", SLASHED),
            "类别": ("kind", words(抵现="抵扣", 过期="到期清零")),
            "分值": ("change", lambda value: f"{value:,}"),
            "有效期至": ("expires_on", DATE_SLASHED),
        },
        whole=True,
    ),
    Export(
        "ekanya/coupons",
        "{day:%Y%m%d}/卡券.csv",
        {
            "券号": ("coupon_id", as_is),
            "患者": ("patient_id", as_is),
            "公众号": ("appid", as_is),
            "粉丝": ("openid", as_is),
            "券名": ("name", as_is),
            "券类": ("coupon_type", words(优惠券="代金券")),
            "状态": ("status", words(可用="未使用", 已过期="过期")),
            "发放渠道": ("channel", as_is),
            "领取": ("received_at", millis),
            "到期": ("expire_at", millis),
            "核销": ("used_at", millis),
            "注销": ("void_at", millis),
            "余次": ("remaining", as_is),
            **VERSION,
        },
        offset_days=0,
    ),
    Export(
        "ekanya/member_cards",
        "会员/{day:%Y}/会员卡_{day:%Y%m%d}.xlsx",
        {
            "卡号": ("card_no", as_is),
            "患者": ("patient_id", as_is),
            "等级": ("level", words(金卡="黄金会员")),
            "开卡": ("opened_on", DATE_SLASHED),
            "到期": ("expires_on", as_is),
            "更新时间": ("updated_at", as_is),
        },
        whole=True,
        title="会员卡",
    ),
    Export(
        "ekanya/medical_records",
        "{day:%Y%m%d}/病历.csv",
        {
            "病历编号": ("record_id", as_is),
            "患者": ("patient_id", as_is),
            "就诊号": ("visit_id", as_is),
            "书写时间": ("recorded_at", SLASHED),
            "医生": ("doctor", as_is),
            "主诉": ("complaint", as_is),
            "诊断": ("diagnosis", items),
            "处置": ("treatment", items),
            "牙位": ("tooth", as_is),
            "初复诊": ("visit_type", VISIT),
            **VERSION,
        },
        encoding="gb18030",
    ),
    Export(
        "leads/leads",
        "线索/{day:%Y%m%d}/线索.xlsx",
        {
            "线索号": ("lead_id", as_is),
            "称呼": ("name", as_is),
            "电话": ("phone", as_is),
            "平台": ("platform", as_is),
            "渠道1": ("source_l1", as_is),
            "渠道2": ("source_l2", as_is),
            "渠道3": ("source_l3", as_is),
            "线索池": ("pool_id", as_is),
            "跟进人": ("owner", as_is),
            "进度": ("status", words(待分配="新线索", 无效="无效线索")),
            "意向门店": ("store_id", as_is),
            "留资时间": ("created_at", as_is),
            **VERSION,
        },
    ),
    Export(
        "leads/lead_follow_ups",
        "线索/{day:%Y%m%d}/跟进记录.csv",
        {
            "编号": ("follow_id", as_is),
            "线索号": ("lead_id", as_is),
            "跟进人": ("employee_id", as_is),
            "跟进时间": ("followed_at", CHINESE),
            "内容": ("content", as_is),
        },
        whole=True,
    ),
)
MAPPED = tuple(export.extract for export in EXPORTS)
