"""The group itself: stores, subscriptions, employees, roles, visible tags. Customers do not belong here."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample import draws, offers, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.knobs import Knobs
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

# One store's staff, seat by seat; the seats a customer is given to follow from these positions.
SEATS = [
    "店长",
    "医生",
    "医生",
    "医生",
    "医生",
    "医生",
    "咨询师",
    "咨询师",
    "前台",
    "前台",
    "护士",
    "网电",
    "客服",
    "咨询师",
]
DOCTORS, CONSULTANTS, FRONT_DESK, TELE, SERVICE = (1, 5), (6, 2), (8, 2), (11, 1), (12, 1)
WECOM_SEATS = np.array([6, 7, 12, 8, 11])
LEFT_SEAT = 13  # a consultant who has left each store; the customers' files still name them
WECOM_NAMES = ["ZhangWei", "WangLi", "LiuYan", "ChenJie", "ZhaoMin"]
HEAD_OFFICE = ["集团管理员", "数据分析", "网电", "网电", "客服", "客服"]

# role: (name, scopes of patient, fan, mini, wecom, lead, may view, export, see phones)
ROLES = {
    "R01": ("集团管理员", "全部", "全部", "全部", "全部", "全部", True, True, True),
    "R02": ("店长", "本门店", "本门店", "本门店", "本门店", "本门店", True, True, True),
    "R03": ("医生", "本人", "无", "无", "无", "无", True, False, False),
    "R04": ("咨询师", "本人", "本人", "本人", "本人", "本人", True, True, False),
    "R05": ("前台", "本门店", "无", "无", "本门店", "无", True, False, True),
    "R06": ("护士", "无", "无", "无", "无", "无", False, False, False),
    "R07": ("网电", "无", "无", "无", "本人", "全部", True, False, True),
    "R08": ("客服", "全部", "全部", "全部", "全部", "无", True, False, False),
    "R09": ("数据分析", "全部", "全部", "全部", "全部", "全部", True, True, False),
}
ROLE_OF = {role[0]: role_id for role_id, role in ROLES.items()}


@dataclass(frozen=True)
class Clinic:
    """Stores and staff. Store s has the employees s·14 to s·14 + 13, head office the rest."""

    as_of: int
    store_weights: NDArray[np.float64]
    store_phones: Ints  # front-desk mobile numbers
    employee_phones: Ints
    employee_names: pl.Series

    @property
    def stores(self) -> int:
        return len(self.store_weights)

    @property
    def employees(self) -> int:
        return len(self.employee_phones)

    @cached_property
    def wecom_userids(self) -> list[str]:
        """The WeCom account of every employee, in order of employees."""
        return [f"{WECOM_NAMES[n % len(WECOM_NAMES)]}{n + 1:04d}" for n in range(self.employees)]

    def place(self, store: int) -> list[str]:
        """Region, province, city, district of a store."""
        return words.PLACES[store % len(words.PLACES)]

    def staff(self, rng: np.random.Generator, stores: Ints, seats: tuple[int, int]) -> Ints:
        """One employee per store number, drawn from a run of seats (first, how many)."""
        return stores * len(SEATS) + seats[0] + draws.below(rng, seats[1], len(stores))


def make_clinic(seed: int, customers: int, as_of: int, knobs: Knobs, phones: Ints) -> Clinic:
    """Stores and staff for so many persons; `phones` holds a fresh number per store and employee."""
    rng = draws.stream(seed, "clinic")
    stores = store_count(customers, knobs)
    weights = 1 / (np.arange(stores) + 3.0)
    weights[-1] = weights.sum() * 0.015  # the store whose subscription ends is a small one
    weights[-2] *= 0.5  # and so is the closed one
    employees = stores * len(SEATS) + len(HEAD_OFFICE)
    desks, own = phones[:stores], phones[stores : stores + employees].copy()
    own[np.arange(stores) * len(SEATS) + FRONT_DESK[0]] = desks  # the store's mobile lies at the front desk
    return Clinic(as_of, weights, desks, own, full_names(rng, draws.chance(rng, employees, 0.6)))


def store_count(customers: int, knobs: Knobs) -> int:
    return max(6, 6 + customers // knobs.customers_per_store)


def full_names(rng: np.random.Generator, female: NDArray[np.bool_]) -> pl.Series:
    """Surname and given name for each person."""
    n = len(female)
    surname = draws.pick(rng, n, words.SURNAMES, words.SURNAME_WEIGHTS)
    return surname + given_names(rng, female)


def given_names(rng: np.random.Generator, female: NDArray[np.bool_]) -> pl.Series:
    """Given names; one in two hundred has a rare character."""
    choices = [*words.FEMALE_GIVEN, *words.MALE_GIVEN, *words.RARE_GIVEN]
    women, men = len(words.FEMALE_GIVEN), len(words.MALE_GIVEN)
    index = np.where(female, draws.below(rng, women, len(female)), women + draws.below(rng, men, len(female)))
    rare = draws.chance(rng, len(female), 0.005)
    return draws.words(
        choices, np.where(rare, women + men + draws.below(rng, len(words.RARE_GIVEN), len(female)), index)
    )


def clinic_histories(clinic: Clinic) -> list[History]:
    """stores, store_subscriptions, employees, roles, visible_tags."""
    return [_stores(clinic), _subscriptions(clinic), _employees(clinic), _roles(), _visible_tags(clinic)]


def _constant(extract: str, frame: pl.DataFrame) -> History:
    """A full extract that never changes."""
    columns = [column for column in frame.columns if column != "_born"]
    return History(
        extract, "full", frame.with_columns(pl.lit(0).alias("_born")), lambda cut: columns, ["_born"]
    )


def _stores(clinic: Clinic) -> History:
    """The last store but one closes in the last days."""
    n = clinic.stores
    places = [clinic.place(store) for store in range(n)]
    branch = [
        "" if store < len(words.PLACES) else f"{store // len(words.PLACES) + 1}分" for store in range(n)
    ]
    landline = [f"0755-8{store:07d}" for store in range(n)]
    mobile = [str(phone) for phone in clinic.store_phones]
    frame = pl.DataFrame(
        {
            "store_id": [f"S{store + 1:03d}" for store in range(n)],
            "name": [
                f"明德口腔·{city}{district}{part}店"
                for (_, _, city, district), part in zip(places, branch, strict=True)
            ],
            "city": [place[2] for place in places],
            "region": [place[0] for place in places],
            "phone": [landline[store] if store % 3 == 2 else mobile[store] for store in range(n)],
            "closed": np.where(np.arange(n) == n - 2, clinic.as_of - 2 * DAY + 18 * HOUR, NEVER),
            "_born": 0,
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [*frame.columns[:5], timeline.staged(cut, "营业", ("closed", "已关闭")).alias("status")]

    return History("ekanya/stores", "full", frame, columns, ["_born"])


def _subscriptions(clinic: Clinic) -> History:
    """Every store has the CDP; the last one's ended two days before as_of."""
    n, today = clinic.stores, clinic.as_of // DAY
    rows = [(store, "CDP", -700, -2 if store == n - 1 else 400) for store in range(n)]
    rows += [(store, "SCRM", -400, 300) for store in range(0, n, 2)] + [(0, "MA", -200, 165)]
    frame = pl.DataFrame(
        {
            "store_id": [f"S{store + 1:03d}" for store, _, _, _ in rows],
            "product": [product for _, product, _, _ in rows],
            "start": [(today + start) * DAY for _, _, start, _ in rows],
            "end": [(today + end) * DAY for _, _, _, end in rows],
        }
    )
    dates = [timeline.day("start").alias("starts_on"), timeline.day("end").alias("ends_on")]
    return _constant("ekanya/store_subscriptions", frame.select("store_id", "product", *dates))


def _employees(clinic: Clinic) -> History:
    """Staff; one consultant leaves in the last days, so a later night shows the change."""
    n, seats = clinic.employees, len(SEATS)
    numbers = np.arange(n)
    in_store = numbers < clinic.stores * seats
    role = [SEATS[i % seats] if in_store[i] else HEAD_OFFICE[i - clinic.stores * seats] for i in range(n)]
    stores = [[f"S{i // seats + 1:03d}"] if in_store[i] else [] for i in range(n)]
    for i in range(0, clinic.stores - 1):  # the first doctor of a store also works in the next
        stores[i * seats + 1].append(f"S{i + 2:03d}")
    left = np.where(in_store & (numbers % seats == LEFT_SEAT), 0, NEVER)
    left[7] = clinic.as_of - 2 * DAY + 10 * HOUR
    frame = pl.DataFrame(
        {
            "employee_id": [f"E{i + 1:05d}" for i in range(n)],
            "name": clinic.employee_names,
            "role_id": [ROLE_OF[name] for name in role],
            "store_ids": stores,
            "phone": [
                None if name == "护士" else str(phone)
                for name, phone in zip(role, clinic.employee_phones, strict=True)
            ],
            "wecom_userid": [
                None if name == "护士" else userid
                for name, userid in zip(role, clinic.wecom_userids, strict=True)
            ],
            "left": left,
            "_born": 0,
        }
    )
    shown = ["employee_id", "name", "role_id", "store_ids", "phone", "wecom_userid"]

    def columns(cut: int) -> list[pl.Expr | str]:
        return [*shown, timeline.staged(cut, "在职", ("left", "离职")).alias("status")]

    return History("ekanya/employees", "full", frame, columns, ["_born"])


def _roles() -> History:
    schema = ["role_id", "name", "patient_scope", "fan_scope", "mini_scope", "wecom_scope", "lead_scope"]
    schema += ["can_view_customers", "can_export", "can_see_phone"]
    frame = pl.DataFrame([(role_id, *role) for role_id, role in ROLES.items()], schema=schema, orient="row")
    return _constant("ekanya/roles", frame)


def _visible_tags(clinic: Clinic) -> History:
    n = len(offers.VISIBLE_TAGS)
    frame = pl.DataFrame(
        {
            "tag_id": [f"VT{i + 1:03d}" for i in range(n)],
            "name": offers.VISIBLE_TAGS,
            "enabled": [not name.startswith("停用") for name in offers.VISIBLE_TAGS],
            "_at": [clinic.as_of - (500 - 7 * i) * DAY + 10 * HOUR for i in range(n)],
        }
    ).with_columns(timeline.stamp("_at").alias("updated_at"))
    return _constant("ekanya/visible_tags", frame.drop("_at"))
