"""Small exports as clinics make them, each with other words: fictional people, and what their columns are.

No word of ``UNSEEN`` was ever added to the synonyms for their sake: they measure how far the guessing carries.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook


def workbook(sheets: Any, merged: tuple[str, ...] = ()) -> bytes:
    """A workbook of one sheet's rows, or of several sheets by name, some cells of the first merged."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in (sheets if isinstance(sheets, dict) else {"Sheet1": sheets}).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for cells in merged:
        book.worksheets[0].merge_cells(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@dataclass(frozen=True)
class Export:
    """A file's name, its text (columns cut by |), its extract, and its columns in order: ours, or - for none."""

    name: str
    extract: str
    columns: str
    text: str

    def content(self) -> bytes:
        """The file: a workbook or text in GB18030, as its name says."""
        if self.name.endswith(".xlsx"):
            return workbook(self.rows)
        text = io.StringIO()
        csv.writer(text).writerows(self.rows)
        return text.getvalue().encode("gb18030")

    @property
    def rows(self) -> list[list[str]]:
        return [[cell.strip() for cell in line.split("|")] for line in self.text.strip().splitlines()]

    @property
    def expected(self) -> dict[str, str | None]:
        """Our column for each of the file's."""
        targets = [None if word == "-" else word for word in self.columns.split()]
        return dict(zip(self.rows[0], targets, strict=True))


EXPORTS = (
    Export(
        "患者列表_20261119.xlsx",
        "ekanya/patients",
        "patient_id name gender birthday - created_at source_l1 source_l2 responsible_doctor store_id remark",
        """
患者编号|姓名|性别|出生日期|联系电话|建档日期|来源|二级来源|责任医生|所属门店|备注
P001|王小一|男性|1990/1/2|13800000001|2026/11/01|网络|百度|D01|S01|
P002|李小二|女性|1985/12/30|13800000002|2026/11/02|转介绍|老客户|D01|S01|怕疼
P003|张小三|女性|2001/5/6|13800000003|2026/11/02|网络|抖音|D02|S02|
P004|赵小四|男性|1978/8/8|0571-8888000|2026/11/03|路过||D02|S01|
P005|钱小五|女性||13800000005|2026/11/05|网络|百度|D03|S02|
P006|孙小六|男性|2015/10/1|13800000006|2026/11/06|转介绍|老客户|D01|S01|
""",
    ),
    Export(
        "客户资料导出.csv",
        "ekanya/patients",
        "- medical_record_no name gender birthday patient_type - city created_at dedicated_service updated_at",
        """
序号|病历号|客户姓名|性别|生日|客户类型|手机号码|城市|创建时间|专属客服|最后修改时间
1|20260001|周一一|女|1991-03-04|正式患者|13900000001|杭州|2026-10-01 09:12:00|客服甲|2026-11-18 10:00:00
2|20260002|吴二二|男|1982-07-15|临时患者|13900000002|杭州|2026-10-01 10:20:11|客服乙|2026-11-18 10:00:00
3|20260003|郑三三|女|1999-11-20|正式患者|13900000003|宁波|2026-10-02 15:45:00|客服甲|2026-11-19 08:30:00
4|20260004|冯四四|未知||会员||杭州|2026-10-03 16:00:59|客服甲|2026-11-19 08:31:00
""",
    ),
    Export(
        "预约明细20261120.xlsx",
        "ekanya/appointments",
        "appointment_id - - patient_id appt_time visit_type items doctor status created_at channel store_id",
        """
预约单号|患者姓名|手机|患者编号|预约时间|初复诊|预约项目|预约医生|就诊状态|登记时间|预约来源|门店
Y1001|王小一|13800000001|P001|2026-11-21 09:30|初诊|洁牙、检查|陈医生|待就诊|2026-11-19 10:01|电话|天河店
Y1002|李小二|13800000002|P002|2026-11-21 10:00|复诊|种植|林医生|待就诊|2026-11-19 10:05|微信|天河店
Y1003|张小三|13800000003|P003|2026-11-20 14:00|初诊|正畸、拍片|陈医生|已就诊|2026-11-18 11:20|电话|滨江店
Y1004|赵小四||P004|2026-11-20 15:30|复诊|补牙|林医生|爽约|2026-11-18 12:00|前台|天河店
Y1005|钱小五|13800000005|P005|2026-11-20 16:00|复诊|拔牙|陈医生|已取消|2026-11-18 12:30|微信|滨江店
Y1006|孙小六|13800000006|P006|2026-11-20 17:00|初诊|窝沟封闭|陈医生|已就诊|2026-11-18 12:31|电话|天河店
Y1007|李小七|13800000007|P007|2026-11-20 17:30|初诊|检查|陈医生|已就诊|2026-11-18 12:41|电话|天河店
Y1008|李小八|13800000008|P008|2026-11-20 18:00|初诊|检查|陈医生|已取消|2026-11-18 12:51|前台|天河店
""",
    ),
    Export(
        "到诊记录.csv",
        "ekanya/visits",
        "visit_id patient_id - store_id arrived_at left_at visit_type doctor consultant complaint",
        """
就诊号|客户编号|客户姓名|诊所名称|到诊时间|离开时间|就诊类型|接诊医生|现场咨询师|患者主诉
V01|C1|周一一|一分院|2026/11/19 9:05|2026/11/19 10:10|初诊|陈|刘|牙疼
V02|C2|吴二二|一分院|2026/11/19 9:30|2026/11/19 11:00|复诊|林|刘|复查
V03|C3|郑三三|二分院|2026/11/19 14:10||复诊|陈||洗牙
V04|C4|冯四四|二分院|2026/11/19 15:00|2026/11/19 15:40|初诊|林|何|牙齿缺失
""",
    ),
    Export(
        "收费单_2026-11-19.csv",
        "ekanya/charge_bills",
        "bill_id patient_id - store_id billed_at paid_at status receivable discounted received arrears doctor",
        """
收费单号|档案号|患者姓名|机构|开单时间|收费日期|收费状态|应收金额|折后金额|实收金额|欠费金额|开单医生
B01|P001|王小一|天河店|2026-11-19 09:40|2026-11-19|已收费|1,280.00|1,000.00|1,000.00|0|D01
B02|P002|李小二|天河店|2026-11-19 10:40|2026-11-19|已收费|300|300|300|0|D02
B03|P003|张小三|滨江店|2026-11-19 11:40||待收费|18000|16800|0|16800|D01
B04|P004|赵小四|滨江店|2026-11-19 12:40|2026-11-19|部分支付|500|500|200|300|D01
""",
    ),
    Export(
        "消费明细.xlsx",
        "ekanya/charge_items",
        "line_id bill_id - item category tooth qty price discounted received doctor charged_at",
        """
行号码|单据号|姓名|项目名称|项目大类|牙位|数量|单价|优惠后金额|实收|执行医生|收费时间
L1|B01|王小一|超声洁牙|洁牙||1|280|200|200|D01|2026-11-19 09:45:00
L2|B01|王小一|全景片|检查||1|100|80|80|D01|2026-11-19 09:45:00
L3|B02|李小二|树脂充填|牙体牙髓|36|1|300|300|300|D02|2026-11-19 10:45:00
L4|B03|张小三|隐形矫治|正畸||1|18000|16800|0|D01|2026-11-19 11:45:00
""",
    ),
    Export(
        "退款记录.csv",
        "ekanya/refunds",
        "refund_id bill_id - amount refunded_at reason -",
        """
退款单号|原收费单号|客户名称|退款金额|退款日期|退款原因|经手人
R1|B01|王小一|￥200.00|2026年11月19日|项目取消|前台甲
R2|B07|李小二|￥1,000.50|2026年11月19日|重复收费|前台乙
""",
    ),
    Export(
        "回访列表.xlsx",
        "ekanya/return_visits",
        "return_visit_id patient_id - - planned_at done_at kind executor status result satisfaction",
        """
回访编号|患者编号|患者姓名|电话|计划回访时间|实际回访时间|回访类型|回访人|回访状态|回访结果|满意度
H1|P001|王小一|13800000001|2026-11-18|2026-11-18 16:20|术后回访|客服甲|已回访|恢复良好|5
H2|P002|李小二|13800000002|2026-11-18||定期回访|客服甲|待回访||
H3|P003|张小三|13800000003|2026-11-19|2026-11-19 10:00|术后回访|客服乙|已回访|无不适|4
H4|P004|赵小四|13800000004|2026-11-19||定期回访|客服乙|待回访||
""",
    ),
    Export(
        "投放线索1119.csv",
        "leads/leads",
        "lead_id name phone platform source_l1 status owner created_at store_id",
        """
线索ID|称呼|手机号|投放平台|来源渠道|跟进状态|负责人|留资时间|意向门店
X1|王女士|13700000001|抖音|信息流|跟进中|客服甲|2026-11-19 08:00:00|天河店
X2|李先生|13700000002|美团|搜索|无效线索|客服乙|2026-11-19 08:10:00|天河店
X3|张女士|13700000003|抖音|信息流|跟进中|客服甲|2026-11-19 08:20:00|滨江店
X4|赵先生|13700000004|美团|搜索|已转化|客服甲|2026-11-19 09:00:00|天河店
X5|赵小姐|13700000005|美团|搜索|跟进中|客服甲|2026-11-19 09:30:00|天河店
X6|钱小姐|13700000006|美团|搜索|已转化|客服甲|2026-11-19 09:40:00|天河店
""",
    ),
    Export(
        "会员卡.csv",
        "ekanya/member_cards",
        "card_no patient_id - level opened_on expires_on",
        """
会员卡号|客户ID|会员姓名|会员级别|办卡日期|有效期至
M001|C1|周一一|金卡|2025.01.02|2027.01.01
M002|C2|吴二二|银卡|2025.03.04|2027.03.03
M003|C3|郑三三|金卡|2026.05.06|2028.05.05
""",
    ),
    Export(
        "储值卡余额.xlsx",
        "ekanya/stored_value_cards",
        "card_id patient_id - principal bonus updated_at",
        """
卡号|患者编号|患者姓名|本金余额|赠送余额|更新时间
K1|P001|王小一|5000|500|2026-11-19 20:00:00
K2|P002|李小二|1200.5|0|2026-11-19 20:00:00
""",
    ),
    Export(
        "咨询记录.csv",
        "ekanya/consultations",
        "consultation_id patient_id - consulted_at consultant items intent result lost_reason store_id",
        """
咨询单号|患者编号|患者姓名|咨询时间|咨询师|意向项目|意向等级|咨询结果|未成交原因|就诊门店
Z1|P001|王小一|2026-11-19 10:00|刘|种植,修复|高意向|已成交||天河店
Z2|P002|李小二|2026-11-19 10:30|刘|正畸|中意向|流失|价格|天河店
Z3|P003|张小三|2026-11-19 11:00|何|种植|高意向|已成交||滨江店
Z4|P004|赵小四|2026-11-19 11:30|何|美白|中意向|流失|再考虑|滨江店
""",
    ),
    Export(
        "员工信息.xlsx",
        "ekanya/employees",
        "employee_id name role_id store_ids phone wecom_userid status",
        """
工号|员工姓名|岗位|任职门店|手机|企业微信账号|在职状态
E01|陈一|医生|天河店、滨江店|13600000001|chenyi|在职
E02|林二|医生|天河店|13600000002|liner|在职
E03|刘三|咨询师|滨江店|13600000003|liusan|离职
E04|何四|客服|天河店|13600000004|hesi|在职
""",
    ),
    Export(
        "patient_export.csv",
        "ekanya/patients",
        "patient_id name gender birthday - store_id created_at",
        """
Patient ID|Patient Name|Gender|Birthday|Mobile|Store ID|Created At
1001|王小一|M|19900102|13800000001|S01|1763456400
1002|李小二|F|19851230|13800000002|S01|1763456500
1003|张小三|F|20010506|13800000003|S02|1763456600
1004|赵小四|M|19780808|13800000004|S01|1763456700
""",
    ),
    Export(
        "客户电话.csv",
        "ekanya/patient_phones",
        "patient_id - phone relation is_main updated_at",
        """
客户编号|客户姓名|电话号码|与患者关系|是否主号码|更新时间
C1|周一一|13900000001|本人|是|2026-11-19 08:00:00
C1|周一一|13900000009|妈妈|否|2026-11-19 08:00:00
C2|吴二二|13900000002|本人|是|2026-11-19 08:00:00
C3|郑三三|13900000003|本人|是|2026-11-19 08:00:00
""",
    ),
    Export(
        "病历列表.csv",
        "ekanya/medical_records",
        "record_id patient_id - recorded_at doctor complaint diagnosis treatment tooth",
        """
病历编号|患者编号|患者姓名|就诊日期|医生|主诉|诊断|处置|牙位
MR1|P001|王小一|2026-11-19|D01|右下牙疼|龋病；牙髓炎|充填|46
MR2|P002|李小二|2026-11-19|D02|牙龈出血|牙周炎|龈上洁治；刮治|
MR3|P003|张小三|2026-11-20|D01|牙不齐|错颌畸形|取模|
""",
    ),
)

UNSEEN = (
    Export(
        "门诊日志.csv",
        "ekanya/visits",
        "arrived_at visit_id - - - - visit_type doctor complaint - - left_at",
        """
日期|门诊流水号|姓名|性别|年龄|联系方式|初诊/复诊|接诊大夫|主诉|诊断|处理|离院时间
2026-11-19 09:00|M1|甲一|男|30|13800000001|初诊|陈|牙疼|龋病|补牙|2026-11-19 10:00
2026-11-19 09:30|M2|乙二|女|41|13800000002|复诊|林|复查|牙周炎|洁治|2026-11-19 10:30
""",
    ),
    Export(
        "预约看板.csv",
        "ekanya/appointments",
        "appointment_id appt_time - patient_id items doctor status channel - created_at store_id",
        """
预约号|预约日期时间|顾客姓名|顾客ID|治疗项目|预约大夫|状态|预约途径|备注|建单时间|所在分院
1|2026-11-21 9:00|甲一|C1|洁牙|陈|已登记|电话|无|2026-11-19 8:00|一院
2|2026-11-21 9:30|乙二|C2|种植|林|已确认|微信||2026-11-19 8:10|一院
3|2026-11-21 9:40|丙三|C3|种植|林|已确认|微信||2026-11-19 8:10|二院
""",
    ),
    Export(
        "营业流水.csv",
        "ekanya/charge_bills",
        "bill_id patient_id - paid_at receivable discounted received arrears - doctor status store_id",
        """
结算单编号|顾客编号|顾客|收银时间|原价合计|折后应付|实付金额|欠款|收银员|主诊医生|结算状态|诊所
J1|C1|甲一|2026-11-19 10:00|100|90|90|0|前台甲|陈|已结清|一院
J2|C2|乙二|2026-11-19 11:00|300|300|200|100|前台甲|林|未结清|一院
""",
    ),
    Export(
        "客户档案.csv",
        "ekanya/patients",
        "patient_id name gender birthday - source_l1 - created_at - - store_id consultant",
        """
档案编码|客户全名|称谓|生日|移动电话|第一来源|介绍人|首次建档时间|建档人|会员等级|归属诊所|专属顾问
C1|甲一|先生|1990-01-01|13800000001|网络||2026-11-01|前台甲|金卡|一院|刘
C2|乙二|女士|1991-01-01|13800000002|路过|甲一|2026-11-02|前台甲|普通|一院|何
""",
    ),
    Export(
        "积分明细.csv",
        "ekanya/points_ledger",
        "entry_id patient_id change kind expires_on at",
        """
积分记录ID|客户ID|积分变化|类别|积分到期日|产生时间
1|C1|100|消费|2028-01-01|2026-11-19 10:00:00
2|C2|-50|抵现||2026-11-19 11:00:00
""",
    ),
    Export(
        "券发放.csv",
        "ekanya/coupons",
        "coupon_id name coupon_type patient_id status received_at expire_at used_at remaining",
        """
券编码|券名称|券类别|所属客户ID|状态|发放日期|失效日期|核销日期|可用次数
Q1|洁牙券|电子券|C1|未使用|2026-11-01|2027-11-01||1
Q2|满减券|优惠券|C2|已核销|2026-11-01|2027-11-01|2026-11-10|0
""",
    ),
)
