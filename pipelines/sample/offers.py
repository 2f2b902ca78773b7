"""What the group sells, diagnoses, promotes and hands out. People's names and typed words are in words.py."""

from pipelines.sample.words import listed, rows

# category, subcategory, item, list price in yuan; items of a category stand together
ITEMS = rows("""
洁牙     超声洁牙 超声波洁牙 198
洁牙     喷砂洁牙 喷砂洁牙套餐 328
洁牙     超声洁牙 舒适洁牙 458
种植     种植手术 种植体植入 8800
种植     种植修复 种植基台更换 1600
种植     种植维护 种植维护 380
种植     种植手术 骨粉植骨 3600
正畸     固定矫治 金属自锁托槽矫治 12800
正畸     隐形矫治 隐形矫治 23800
正畸     正畸复诊 正畸复诊加力 200
正畸     早期矫治 早期矫治器 5800
修复     全瓷冠 全瓷冠 2600
修复     贴面 瓷贴面 3200
修复     活动义齿 活动义齿 1500
牙体牙髓 充填 树脂充填 380
牙体牙髓 根管 根管治疗(前牙) 980
牙体牙髓 根管 根管治疗(磨牙) 1680
牙周     刮治 牙周刮治 900
牙周     牙周手术 翻瓣术 2400
牙周     牙周维护 牙周维护 360
儿牙     预防 窝沟封闭 150
儿牙     预防 涂氟 120
儿牙     充填 乳牙充填 260
儿牙     根管 乳牙预成冠 880
拔牙     普通拔牙 普通拔牙 260
拔牙     阻生牙 阻生智齿拔除 1280
检查     影像 全景片 80
检查     影像 CBCT 320
检查     检查 口腔检查 30
挂号     挂号 普通挂号 15
挂号     挂号 专家挂号 50
充值     充值 储值卡充值 3000
商品     商品 电动牙刷 399
商品     商品 冲牙器 299
商品     商品 正畸牙刷套装 68
""")
ITEM_CATEGORIES, ITEM_SUBCATEGORIES, ITEM_NAMES, _prices = (
    list(column) for column in zip(*ITEMS, strict=True)
)
ITEM_PRICES = [int(price) for price in _prices]
CATEGORIES = list(dict.fromkeys(ITEM_CATEGORIES))
EXAM, REGISTRATION, TOP_UP, GOODS = (CATEGORIES.index(name) for name in ("检查", "挂号", "充值", "商品"))

# need (a category); weight among adults, among children; its AI tooth check code; diagnoses; treatments
# (alternatives parted by "/", those of one visit by "+")
NEEDS = rows("""
洁牙     28 8  牙结石   牙结石/牙龈炎                洁治/洁治+抛光
种植     9  0  牙列缺损 牙列缺损/牙缺失/牙缺失+牙周炎 种植体植入/植骨+种植体植入
正畸     9  25 牙列拥挤 错颌畸形/错颌畸形+牙列拥挤    托槽粘接/加力
修复     10 0  牙列缺损 牙体缺损/牙列缺损            备牙+取模/戴冠
牙体牙髓 20 8  龋齿     龋病/牙髓炎/龋病+牙髓炎       充填/根管治疗
牙周     10 0  牙结石   牙周炎/牙周炎+牙结石          刮治/根面平整
儿牙     0  55 龋齿     龋病/乳牙滞留                窝沟封闭/涂氟/充填
拔牙     9  0  阻生牙   智齿阻生/残根                拔除/拔除+缝合
检查     5  4  龋齿     口腔检查                     口腔检查
""")
ADULT_NEEDS = {need[0]: int(need[1]) for need in NEEDS}
CHILD_NEEDS = {need[0]: int(need[2]) for need in NEEDS}
AI_CODES = {need[0]: need[3] for need in NEEDS}
DIAGNOSES = {need[0]: [way.split("+") for way in need[4].split("/")] for need in NEEDS}
TREATMENTS = {need[0]: [way.split("+") for way in need[5].split("/")] for need in NEEDS}
TEETH = listed("11 16 21 24 26 31 36 38 44 46 47 48 54 65 75 85")

# weight, name, type, validity in days, uses
COUPONS = rows("""
20 洁牙立减50元 优惠券 30 1
16 新客100元代金券 优惠券 60 1
10 种植满10000减1000 优惠券 90 1
12 儿童涂氟体验券 电子券 90 1
10 生日礼电子券 电子券 45 1
9  全家洁牙4次卡 卡项 365 4
5  窝沟封闭6次卡 卡项 365 6
5  美白3次卡 卡项 180 3
9  流量大使邀请券 流量大使券 60 1
""")
COUPON_CHANNELS = listed("领券 推券 客服赠送 触点赠送 开卡礼包")
MEMBER_LEVELS = listed("普通会员 银卡 金卡 钻石卡")

# name, type, id
CAMPAIGNS = rows("""
早矫打卡 打卡 C001
爱牙日抽奖 抽奖 C002
洁牙拼团 拼团 C003
老友分享有礼 分享有礼 C004
周年庆盲盒 盲盒 C005
暑期矫正季 任务 C006
新年红包雨 红包 C007
""")
# title, topic
ARTICLES = rows("""
正畸到底要不要拔牙? 正畸
隐形矫治日记 正畸
早期矫治的黄金期 正畸
种植牙能用多久 种植
缺牙不补的后果 种植
多久洗一次牙 洁牙
孩子几岁做窝沟封闭 儿牙
牙龈出血怎么办 牙周
智齿一定要拔吗 拔牙
""")
PAGES = listed("pages/home pages/store pages/doctor pages/campaign pages/mine pages/booking")
PRODUCTS = listed("洁牙体验券 电动牙刷 全家洁牙4次卡 窝沟封闭套餐 冲牙器 美白3次卡")
PROBLEM_CODES = [["龋齿"], ["反颌"], ["口呼吸", "牙列拥挤"], ["牙列拥挤"], ["吮指"], []]
CHECKIN_GROUPS = listed("早矫组/一期/3班 早矫组/二期/1班 隐形组/一期 未分组")
SESSIONS = listed("小小牙医第12期 小小牙医第13期 小小牙医暑期专场")
QR_NAMES = listed("南山店前台码 天河店海报码 推广码A 医生名片码")
WECOM_STATES = listed("前台活码 抖音活码 美团活码 门诊海报 外联二维码1")
ADD_WAYS = [1, 2, 3, 4, 8, 201]

TAG_GROUPS = {
    "客户等级": listed("重要客户 普通客户 待激活"),
    "意向项目": listed("种植意向 正畸意向 美白意向 儿牙意向"),
    "来源渠道": listed("抖音来客 社区义诊 老客介绍"),
}
# name, description
SEGMENTS = rows("""
爱牙日邀约名单 九月爱牙日活动邀约
种植VIP名单 店长手工维护
儿牙家长群 -
停用的旧名单 2023年
""")
VISIBLE_TAGS = listed("怕疼 易过敏 爱迟到 好沟通 高净值 投诉过 带孩子 停用标签")
