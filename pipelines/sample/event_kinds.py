"""The events of fans and mini-program users, how common each is, and what its props may say."""

import json
from dataclasses import dataclass
from typing import Any

from pipelines.sample import offers, words


@dataclass(frozen=True)
class EventKind:
    """One event. A row draws one alternative of each bundle; its props are their union, as rendered JSON."""

    event: str
    weight: float
    bundles: tuple[list[str], ...] = ()
    with_store: bool = False
    with_doctor: bool = False


def _rendered(alternatives: list[dict[str, Any]]) -> list[str]:
    """The insides of JSON objects."""
    return [json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1] for values in alternatives]


def _one_of(key: str, values: list[Any]) -> list[str]:
    return _rendered([{key: value} for value in values])


CAMPAIGN = _rendered(
    [
        {"campaign_name": name, "campaign_type": kind, "campaign_id": number}
        for name, kind, number in offers.CAMPAIGNS
    ]
)
PRIZE = _rendered(
    [
        {"prize_type": "优惠券", "prize_result": "中奖"},
        {"prize_type": "积分", "prize_result": "中奖"},
        {"prize_type": "实物", "prize_result": "未中奖"},
        {"prize_result": "未中奖"},
    ]
)
REVIEW = _rendered(
    [
        {"score": 5, "level": "好评"},
        {"score": 4.5, "level": "好评"},
        {"score": 3, "level": "中评"},
        {"score": 1, "level": "差评"},
    ]
)
ARTICLE = _rendered([{"title": title, "topic": topic} for title, topic in offers.ARTICLES])
AMOUNT = _one_of("amount", [9.9, 19.9, 68, 99, 128.5, 198, 299, 328, 399, 0.01, 1280])
PRODUCT = _one_of("product_name", offers.PRODUCTS)
COUPON = _one_of("coupon_name", [coupon[1] for coupon in offers.COUPONS])
METHOD = _one_of("method", ["扫码", "自助", "自动", "客服"])
CLIENT = _rendered(
    [{}, {}, {}, {"client": "iOS"}, {"client": "Android"}]
)  # a key the vocabulary does not know
SUBSCRIBE_SCENES = ["ADD_SCENE_QR_CODE", "ADD_SCENE_SEARCH", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_OTHERS"]
SUBSCRIBE = EventKind("oa_subscribe", 0, (_one_of("scene", SUBSCRIBE_SCENES),))
UNSUBSCRIBE = EventKind("oa_unsubscribe", 0)

MINI_EVENTS = [
    EventKind("mp_view_campaign", 13, (CAMPAIGN,), with_store=True),
    EventKind("mp_join_campaign", 6, (CAMPAIGN, PRIZE), with_store=True),
    EventKind(
        "mp_checkin",
        6,
        (
            _one_of("campaign_name", ["早矫打卡", "隐形矫治打卡"]),
            _one_of("campaign_group", offers.CHECKIN_GROUPS),
            _one_of("media_type", ["图片", "视频", "文字"]),
            _one_of("is_late", [False, False, True]),
        ),
    ),
    EventKind(
        "mp_signup_xxyy",
        2,
        (
            _one_of("campaign_name", ["小小牙医"]),
            _one_of("session_name", offers.SESSIONS),
            _one_of("signed_in", [True, False]),
        ),
        with_store=True,
    ),
    EventKind("mp_view_article", 16, (ARTICLE, _one_of("duration_s", [3, 12, 25, 40, 66, 95, 180, 301]))),
    EventKind(
        "mp_view_page",
        22,
        (
            _one_of("page", offers.PAGES),
            _rendered([{}, {"from_page": "pages/home"}, {"from_page": "pages/campaign"}]),
            CLIENT,
        ),
    ),
    EventKind("mp_view_product", 7, (PRODUCT, AMOUNT)),
    EventKind("mp_order", 3, (PRODUCT, AMOUNT), with_store=True),
    EventKind("mp_group_buy", 2, (PRODUCT, AMOUNT)),
    EventKind("mp_redeem_points", 2, (PRODUCT, _one_of("points", [50, 100, 200, 500]))),
    EventKind(
        "mp_submit_selfcheck",
        3,
        (
            _one_of("form_name", ["儿童口腔健康调查表", "成人口腔自查表"]),
            _one_of("problem_codes", offers.PROBLEM_CODES),
        ),
    ),
    EventKind("mp_login", 14, (CLIENT,)),
    EventKind("mp_auth_phone", 4),
]

FAN_EVENTS = [
    EventKind(
        "oa_scan",
        10,
        (_one_of("scene", ["门店码", "推广码", "活动码"]), _one_of("qr_name", offers.QR_NAMES)),
        with_store=True,
    ),
    EventKind("oa_register", 5, (METHOD,)),
    EventKind("oa_complete_profile", 3),
    EventKind("oa_bind", 4, (METHOD,)),
    EventKind("oa_menu_click", 16, (_one_of("menu_key", ["在线预约", "我的", "门店导航", "优惠活动"]),)),
    EventKind("oa_message", 12, (_one_of("msg_type", ["text", "image", "voice"]), CLIENT)),
    EventKind("oa_article_read", 16, (_one_of("title", [title for title, _ in offers.ARTICLES]),)),
    EventKind(
        "oa_self_appointment",
        4,
        (_one_of("item", list(offers.DIAGNOSES)), _one_of("complaint", words.COMPLAINTS)),
        with_store=True,
        with_doctor=True,
    ),
    EventKind("oa_review_submit", 4, (REVIEW,), with_store=True),
    EventKind("coupon_receive", 9, (COUPON, _one_of("coupon_channel", offers.COUPON_CHANNELS))),
    EventKind("coupon_use", 4, (COUPON,), with_store=True),
    EventKind("coupon_link_open", 5, (COUPON,)),
    EventKind(
        "tmpl_msg_sent",
        20,
        (
            _one_of("scene", ["预约提醒", "复诊提醒", "卡券到期", "生日祝福"]),
            _one_of("send_status", ["成功", "成功", "成功", "失败"]),
        ),
    ),
]
