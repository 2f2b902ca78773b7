"""Names, places and the words people type: our own lists, so that output never drifts with a library.

What the group sells and says to its customers is in offers.py. Tables are text, a row a line, its parts
parted by blanks; "-" is a missing part.
"""


def rows(table: str) -> list[list[str]]:
    """The rows of a text table; a missing part is ''."""
    return [["" if part == "-" else part for part in line.split()] for line in table.strip().splitlines()]


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


SURNAMES = listed(
    "王 李 张 刘 陈 杨 黄 赵 周 吴 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 "
    "肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 "
    "夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 段 雷 龙 黎 史 陶 贺 毛 郝 顾 龚 邵 万 覃 武 钱 戴 严 "
    "莫 孔 向 常 欧阳 司马 诸葛 上官"
)
SURNAME_WEIGHTS = [1 / (rank + 6) for rank in range(len(SURNAMES))]

FEMALE_GIVEN = listed(
    "秀英 桂英 玉兰 丽 敏 静 艳 娟 霞 芳 燕 玲 婷 雪 慧 倩 颖 琳 欣怡 梓涵 诗涵 雨桐 佳怡 思雨 梦瑶 "
    "若曦 语嫣 晓梅 海燕 丽华 美玲 小红 春梅 淑珍 文静 雅琴 佩珊 嘉欣 可馨 一诺 依诺 雨欣 紫萱 晨曦 "
    "婉清 素芬 红霞 金凤 彩云 冬梅 月娥 秋菊 惠敏 晓燕 丹丹 莉 蓉 薇 瑶 璐 萍 洁 莹 媛 岚 茜 怡 蕾 晗 "
    "宁 露 悦"
)
MALE_GIVEN = listed(
    "伟 强 磊 军 勇 杰 涛 明 超 刚 平 辉 鹏 华 飞 鑫 波 斌 宇 浩 浩然 子轩 宇轩 浩宇 俊杰 志强 建国 "
    "建华 国强 文博 子涵 俊熙 梓豪 天佑 明轩 志明 家豪 海涛 晓东 永强 德华 立新 振华 少华 卫东 新民 "
    "大勇 金龙 光辉 成龙 思远 逸飞 嘉诚 一鸣 皓轩 博文 凯 峰 亮 龙 健 晨 洋 旭 帅 毅 翔 阳 坤 锋 睿 恒 "
    "哲 昊"
)
RARE_GIVEN = listed("𠮷 㐱 䶮 𬭎 犇 喆 昇𠮷 玥㐱")

NICKNAMES = listed(
    "小鱼儿 🌸花开半夏 阳光总在风雨后☀️ 大白🦷 A-Lin 慢慢来 平安是福🙏 Mr.Zhang 一颗糖🍬 静待花开🌷 "
    "雨后彩虹🌈 Kevin 阿杰 豆豆妈👶 果果爸 向日葵🌻 海阔天空 沐沐 momo 小确幸✨ 老王 Cici🐱 风轻云淡 "
    "追梦人 棉花糖 Sunny☀ 大鱼海棠🐟 快乐每一天😄 十里桃花 牙牙乐🦷🦷 没有牙的小怪兽👹 "
    "👨‍👩‍👧一家三口 ＱＱ糖 北方的狼🐺 Jenny.W 知足常乐 虎妞🐯 吃货一枚🍗 奔跑的蜗牛🐌 佛系青年"
)

# region of the store, province, city, district
PLACES = rows("""
华南 广东 深圳 南山
华南 广东 广州 天河
华东 浙江 杭州 西湖
西南 四川 成都 锦江
华中 湖北 武汉 武昌
华东 上海 上海 徐汇
华北 北京 北京 朝阳
华中 湖南 长沙 岳麓
华东 江苏 南京 鼓楼
西南 重庆 重庆 渝中
华南 广东 佛山 禅城
西北 陕西 西安 雁塔
""")

# weight, then the three levels: the second is there whenever the first has children, the third may be missing
SOURCES = rows("""
9  线上 美团 团购套餐
6  线上 美团 -
7  线上 抖音 直播间
5  线上 抖音 短视频
6  线上 大众点评 -
5  线上 小红书 种草笔记
3  线上 官网 -
3  线上 百度 竞价
9  线下 路过 -
3  线下 社区义诊 儿童专场
3  线下 企业合作 -
4  线下 地推 商圈
14 转介绍 老客户介绍 -
4  转介绍 员工介绍 -
2  保险 齿科险 -
8  自然到店 - -
""")

# weight, platform of a lead, its source's second and third level
PLATFORMS = rows("""
26 美团 美团 团购套餐
24 抖音 抖音 直播间
14 大众点评 大众点评 -
12 小红书 小红书 种草笔记
5  高德 高德 -
8  官网 官网 -
6  百度 百度 竞价
5  电话 电话 -
""")
LEAD_POOLS = listed("默认线索池 华南线索池 种植线索池 正畸线索池")

PATIENT_REMARKS = [
    *listed(
        "怕疼,需提前麻醉 青霉素过敏 只约周末 老人家,请慢慢讲 VIP,请店长接待 对价格敏感 高血压,术前量血压"
    ),
    '=cmd|"/c calc"!A1',
    "100%_满意",
    "+预约前请打电话",
    "家住附近\n步行可到",
    *listed("孕期,不拍片 要求固定医生 曾在外院种植失败"),
]
WECOM_REMARK_TAILS = [
    "",
    "",
    "",
    "-洁牙",
    "-种植意向",
    " 正畸",
    "(老客户)",
    "妈妈",
    "-待跟进",
    "vip",
    "-美团",
    " 复诊",
]
WECOM_DESCRIPTIONS = [
    *listed("微信咨询种植 带孩子来做窝沟封闭 对正畸有兴趣 转介绍 周末有空 价格100%_敏感"),
    '=HYPERLINK("x")',
]

COMPLAINTS = listed(
    "牙痛三天 洗牙 牙齿不齐 缺牙想种牙 牙龈出血 智齿发炎 牙齿敏感 假牙松动 孩子蛀牙 想做牙齿美白 牙齿折断 "
    "定期检查 矫正复诊 拆线 口臭 牙冠脱落"
)
LOST_REASONS = listed("价格高 再考虑 已在别家做 怕疼 时间不合适 家人不同意 距离太远")
RETURN_KINDS = listed("术后回访 满意度回访 流失回访 节日关怀")
RETURN_RESULTS = listed("恢复良好 无人接听 有轻微肿胀,已指导 满意 要求改约 对等待时间不满")
FOLLOWUP_CONTENTS = listed(
    "术后第三天,无不适 提醒复诊 询问用药情况 嘱按时佩戴保持器 种植体稳定 已预约下次洁牙"
)
LEAD_NOTES = listed(
    "已加微信 电话未接 有意向,约周末面诊 价格偏高,再考虑 空号 要求发案例 已约到店 暂无需求,三个月后联系"
)
REFUND_REASONS = listed("项目未做 对效果不满 重复收费 改做其他项目 客户搬家")
