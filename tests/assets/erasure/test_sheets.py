"""A workbook as Excel saves it, of which a row goes: Excel and readers find the other rows as they were."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import create_autospec

import openpyxl
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from assets.erasure.sheets import rewrite_sheets
from assets.erasure.workbook import Sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
        <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
        <Default Extension="xml" ContentType="application/xml"/>
        <Override PartName="/xl/workbook.xml"
            ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
        <Override PartName="/xl/worksheets/sheet1.xml"
            ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
        <Override PartName="/xl/sharedStrings.xml"
            ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
        <Override PartName="/xl/comments1.xml"
            ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"/>
        <Override PartName="/xl/calcChain.xml"
            ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/>
        </Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">
        <sheets><sheet name="患者" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>
        <Relationship Id="rId2" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/>
        <Relationship Id="rId3" Type="{LINKS}/calcChain" Target="calcChain.xml"/></Relationships>""",
    "xl/worksheets/_rels/sheet1.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships">
        <Relationship Id="rId1" Type="{LINKS}/comments" Target="../comments1.xml"/>
        <Relationship Id="rId2" Type="{LINKS}/hyperlink" Target="https://crm.example/1" TargetMode="External"/>
        <Relationship Id="rId3" Type="{LINKS}/hyperlink" Target="https://crm.example/2" TargetMode="External"/>
        </Relationships>""",
    SHEET: f"""<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}"
        xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr"
        xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"
        xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"><sheetData>
        <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>
        <row r="2" x14ac:dyDescent="0.2"><c r="A2" t="s"><v>3</v></c><c r="B2"><v>13912345678</v></c>
            <c r="C2"><f t="shared" ref="C2:C4" si="0">B2+1</f><v>2</v></c></row>
        <row r="3"><c r="A3" t="s"><v>4</v></c><c r="B3"><v>13800000003</v></c>
            <c r="C3"><f t="shared" si="0"/><v>3</v></c><c r="D3" t="s"/></row>
        <row r="4"><c r="A4" t="s"><v>5</v></c><c r="B4"><v>13912345678</v></c>
            <c r="C4"><f t="shared" si="0"/><v>4</v></c></row>
        </sheetData><mergeCells count="1"><mergeCell ref="D1:E1"/></mergeCells>
        <hyperlinks><hyperlink ref="A2" r:id="rId2"/><hyperlink ref="A3" r:id="rId3"/></hyperlinks></worksheet>""",
    "xl/sharedStrings.xml": f"""<sst xmlns="{MAIN}" count="6" uniqueCount="6"><si><t>姓名</t></si><si><t>电话</t></si>
        <si><t>数</t></si><si><t>要走的人</t></si><si><r><t>乙，问139</t></r><r><rPr><b/></rPr><t>12345678</t></r></si>
        <si><t>丙</t></si></sst>""",
    "xl/comments1.xml": f"""<comments xmlns="{MAIN}"><authors><author>前台</author></authors><commentList>
        <comment ref="A2" authorId="0"><text><t>青霉素过敏</t></text></comment>
        <comment ref="A3" authorId="0"><text><t>电话13912345678</t></text></comment></commentList></comments>""",
    "xl/calcChain.xml": f"""<calcChain xmlns="{MAIN}"><c r="C2" i="1"/><c r="C3" i="1"/></calcChain>""",
}


STRICT = {
    MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    LINKS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}


@pytest.fixture(params=[{}, STRICT], ids=["transitional", "strict"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    parts = {name: HEAD + part for name, part in PARTS.items()}
    for old, new in request.param.items():
        parts = {name: part.replace(old, new) for name, part in parts.items()}
    return zipped(tmp_path / "患者.xlsx", parts)


def zipped(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def masked(text: str) -> str:
    return text.replace("13912345678", "***")


def rewrite(path: Path, number: int) -> list[list]:
    """What a reader finds once a row has gone."""
    rewrite_sheets(path, lambda sheet, row, _: (sheet, row) == ("患者", number), masked)
    return cells(path)


def cells(path: Path) -> list[list]:
    """The first columns of every row, as a reader finds them."""
    return [row[:3] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()]


def test_the_other_rows_are_read_as_before(book: Path) -> None:
    assert rewrite(book, 2) == [
        ["姓名", "电话", "数"],
        ["", "", ""],
        ["乙，问***", 13800000003.0, 3.0],
        ["丙", "***", 4.0],
    ]
    whole = "\n".join(members(book).values())
    assert [text in whole for text in ("要走的人", "青霉素过敏", "13912345678")] == [False] * 3
    assert "电话***" in whole
    assert [f"crm.example/{number}" in whole for number in (1, 2)] == [False, True]


def test_every_prefix_that_excel_is_told_to_ignore_is_declared(book: Path) -> None:
    rewrite(book, 2)
    root = etree.fromstring(members(book)[SHEET].encode())
    told = root.get("{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable")
    assert {*told.split()} <= root.nsmap.keys()


def test_no_formula_and_no_part_refers_to_what_is_gone(book: Path) -> None:
    rewrite(book, 2)
    left = members(book)
    assert 't="shared"' not in left[SHEET]
    assert not any("calcChain" in name or "calcChain" in part for name, part in left.items())


def test_formulas_stay_when_another_row_goes(book: Path) -> None:
    assert rewrite(book, 3)[1] == ["要走的人", "***", 2.0]
    assert members(book)[SHEET].count('t="shared"') == 2


def test_without_a_row_that_goes_only_mentions_do(book: Path) -> None:
    assert rewrite(book, 9)[1] == ["要走的人", "***", 2.0]
    assert "xl/calcChain.xml" in members(book)


def test_openpyxl_opens_it(book: Path) -> None:
    rewrite(book, 2)
    if "purl.oclc.org" not in members(book)[SHEET]:  # it reads the strict flavour of nobody
        assert openpyxl.load_workbook(book)["患者"]["A4"].value == "丙"


def test_a_row_shows_what_was_merged_into_it(book: Path) -> None:
    seen: dict[int, list[str]] = {}
    parts = members(book)
    parts[SHEET] = parts[SHEET].replace("D1:E1", "A2:B3")
    zipped(book, parts)
    rewrite_sheets(book, lambda _, row, texts: bool(seen.setdefault(row, texts)) and False, masked)
    assert [("要走的人" in texts) for texts in seen.values()] == [False, True, True, False]


@pytest.fixture
def changed(book: Path) -> Callable[..., Path]:
    """The workbook with texts of one member replaced."""

    def change(old: str, new: str, member: str = SHEET) -> Path:
        parts = members(book)
        assert old in parts[member]
        parts[member] = parts[member].replace(old, new)
        return zipped(book, parts)

    return change


def test_a_number_with_an_exponent_is_the_phone_that_readers_read(changed: Callable[..., Path]) -> None:
    book = changed("<v>13912345678</v>", "<v>1.3912345678E10</v>")
    seen: dict[int, list[str]] = {}
    rewrite_sheets(book, lambda _, row, texts: bool(seen.setdefault(row, texts)) and False, masked)
    assert "13912345678" in seen[2] and "13912345678" in seen[4]
    assert rewrite(book, 9)[3] == ["丙", "***", 4.0]
    assert "E10" not in members(book)[SHEET]


def test_of_a_formula_a_person_sees_what_it_came_to(changed: Callable[..., Path]) -> None:
    book = changed(">B2+1</f><v>2</v>", ">B2</f><v>13912345678</v>")
    seen: dict[int, list[str]] = {}
    rewrite_sheets(book, lambda _, row, texts: bool(seen.setdefault(row, texts)) and False, masked)
    assert seen[2][2] == "13912345678"


@pytest.mark.parametrize(
    "formula",
    ["<f>COUNTIF(B:B,13912345678)</f>", '<f t="array" ref="C4">\'13912345678\'!B1</f>'],
)
def test_a_formula_that_mentions_the_person_goes_and_its_value_stays(
    changed: Callable[..., Path], formula: str
) -> None:
    book = changed('<f t="shared" si="0"/><v>4</v>', f"{formula}<v>4</v>")
    assert rewrite(book, 9)[1:] == [
        ["要走的人", "***", 2.0],
        ["乙，问***", 13800000003.0, 3.0],
        ["丙", "***", 4.0],
    ]
    left = members(book)
    assert (left[SHEET].count("<f"), "xl/calcChain.xml" in left) == (2, False)


def test_a_shared_formula_that_mentions_the_person_goes_with_those_that_share_it(
    changed: Callable[..., Path],
) -> None:
    changed(">B2+1</f>", ">B2+13912345678</f>")
    book = changed('<f t="shared" si="0"/><v>3</v>', '<f t="shared" si="0">B3+13912345678</f><v>3</v>')
    assert [row[2] for row in rewrite(book, 9)[1:]] == [2.0, 3.0, 4.0]
    assert "<f" not in members(book)[SHEET]


def rule(kind: str, formula: str) -> str:
    """A rule for formats or for input, or a name, with its formula."""
    return {
        "cfRule": f'<cfRule type="expression" priority="1"><formula>{formula}</formula></cfRule>',
        "dataValidation": f'<dataValidation type="list" sqref="B2"><formula1>{formula}</formula1></dataValidation>',
        "definedName": f'<definedName name="_n{len(formula)}">{formula}</definedName>',
    }[kind]


def test_rules_as_newer_versions_write_them_go_too(changed: Callable[..., Path]) -> None:
    newer = "<x14:{0}><xm:f>13912345678</xm:f></x14:{0}>"
    rules = f"<x14:list>{newer.format('cfRule')}<x14:dataValidation>{newer.format('formula1')}</x14:dataValidation>"
    extension = f'<extLst xmlns:x14="urn:x14" xmlns:xm="urn:xm">{rules}</x14:list></extLst>'
    book = changed("</worksheet>", f"{extension}</worksheet>")
    rewrite(book, 9)
    left = members(book)[SHEET]
    assert [word in left for word in ("cfRule", "dataValidation", "x14:list", "13912345678")] == [False] * 4


def test_what_a_pivot_table_and_a_chart_keep_loses_the_phone(book: Path) -> None:
    parts = members(book)
    pivot, chart = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/charts/chart1.xml"
    parts[pivot] = (
        f'<sharedItems xmlns="{MAIN}"><n v="13912345678"/><s v="电话13912345678"/><n v="5"/></sharedItems>'
    )
    points = "".join(f'<c:pt idx="{n}"><c:v>{v}</c:v></c:pt>' for n, v in enumerate((13912345678, 5)))
    parts[chart] = f'<c:numCache xmlns:c="urn:c">{points}</c:numCache>'
    parts[chart] = f'<c:val xmlns:c="urn:c">{parts[chart]}</c:val>'
    rewrite(zipped(book, parts), 2)
    left = members(book)
    assert '<s v="***"/><s v="电话***"/><n v="5"/>' in left[pivot]
    assert (left[chart].count("<c:pt"), "13912345678" in left[chart]) == (1, False)


@pytest.mark.parametrize("other", ["", "A1"])
@pytest.mark.parametrize(
    ("kind", "around", "member", "before"),
    [
        ("cfRule", '<conditionalFormatting sqref="B2">{}</conditionalFormatting>', SHEET, "<mergeCells"),
        ("dataValidation", '<dataValidations count="2">{}</dataValidations>', SHEET, "<hyperlinks"),
        ("definedName", "<definedNames>{}</definedNames>", "xl/workbook.xml", "</workbook>"),
    ],
)
def test_a_rule_or_name_that_mentions_the_person_goes_and_others_stay(
    changed: Callable[..., Path], kind: str, around: str, member: str, before: str, other: str
) -> None:
    told = around.format(rule(kind, "13912345678") + (rule(kind, other) if other else ""))
    book = changed(before, told + before, member)
    assert rewrite(book, 9)[1][0] == "要走的人"
    left = members(book)[member]
    assert left.count(f"<{kind} ") == bool(other)
    assert (around.partition(">")[0].partition(" ")[0] in left, "13912345678" in left) == (bool(other), False)


def test_the_order_of_formulas_goes_for_good_though_other_links_are_masked(
    changed: Callable[..., Path],
) -> None:
    link = f'<Relationship Id="rId9" Type="{LINKS}/externalLinkPath" Target="tel:13912345678" TargetMode="External"/>'
    book = changed("</Relationships>", f"{link}</Relationships>", "xl/_rels/workbook.xml.rels")
    rewrite(book, 2)
    left = members(book)["xl/_rels/workbook.xml.rels"]
    assert ("calcChain" in left, 'Target="tel:***"' in left) == (False, True)


def test_attributes_do_not_hide_the_person(changed: Callable[..., Path]) -> None:
    told = '<dataValidation sqref="B2" promptTitle="问13912345678" prompt="13912345678" error="13912345678"/>'
    changed("<hyperlinks", f"<dataValidations>{told}</dataValidations><hyperlinks")
    filtered = (
        '<autoFilter ref="A1:C4"><filterColumn colId="1"><filters><filter val="13912345678"/></filters>'
    )
    changed("<mergeCells", f"{filtered}</filterColumn></autoFilter><mergeCells")
    book = changed("https://crm.example/2", "tel:13912345678", "xl/worksheets/_rels/sheet1.xml.rels")
    rewrite(book, 2)
    left = members(book)
    assert 'val="***"' in left[SHEET]
    assert 'sqref="B2" promptTitle="问***" prompt="***" error="***"' in left[SHEET]
    assert 'Target="tel:***"' in left["xl/worksheets/_rels/sheet1.xml.rels"]


def test_a_link_that_other_rows_have_too_stays_for_them(changed: Callable[..., Path]) -> None:
    book = changed('ref="A3" r:id="rId3"', 'ref="A3" r:id="rId2"')
    rewrite(book, 2)
    left = members(book)
    assert ('ref="A2"' in left[SHEET], 'ref="A3"' in left[SHEET]) == (False, True)
    assert "crm.example/1" in left["xl/worksheets/_rels/sheet1.xml.rels"]


@pytest.mark.parametrize(("gone", "ref"), [(2, "A3:A4"), (3, "A2:A4"), (4, "A2:A3")])
def test_a_link_of_several_rows_stays_for_those_that_stay(
    changed: Callable[..., Path], gone: int, ref: str
) -> None:
    book = changed('ref="A3" r:id="rId3"', 'ref="A2:A4" r:id="rId3"')
    rewrite(book, gone)
    assert f'ref="{ref}"' in members(book)[SHEET]


LAST_ROW = """<row r="4"><c r="A4" t="s"><v>5</v></c><c r="B4"><v>13912345678</v></c>
            <c r="C4"><f t="shared" si="0"/><v>4</v></c></row>"""


@pytest.mark.parametrize(
    "rows",
    [
        '<row><c r="A9" t="s"><v>5</v></c></row><row r="10"/>',
        '<row r="8"><c t="s"><v>6</v></c></row><row><c t="s"><v>5</v></c></row>',
        '<row r="9"><c r="A9" t="s"><v>5</v></c></row><row r="9"><c r="B9"><v>1</v></c></row>',
    ],
    ids=["by its cells", "by the row before", "in two parts"],
)
def test_a_row_has_the_number_that_readers_give_it(changed: Callable[..., Path], rows: str) -> None:
    changed("</sst>", "<si><t>丁</t></si></sst>", "xl/sharedStrings.xml")
    book = changed(LAST_ROW, rows)
    assert cells(book)[8][0] == "丙"
    left = rewrite(book, 9)
    assert [line[0] for line in left[:3]] == ["姓名", "要走的人", "乙，问***"]
    assert {cell for line in left[3:] for cell in line} <= {"", "丁"}


def test_a_formula_of_merged_cells_does_not_move_to_another_row(changed: Callable[..., Path]) -> None:
    changed("D1:E1", "C2:C3")
    book = changed('<f t="shared" ref="C2:C4" si="0">B2+1</f>', '<f t="array" ref="C2">B2+1</f>')
    assert rewrite(book, 2)[2][2] == 2.0
    assert "B2+1" not in members(book)[SHEET]


def test_a_row_that_names_a_text_that_is_not_there_says_nothing(changed: Callable[..., Path]) -> None:
    book = changed('<c r="D3" t="s"/>', '<c r="D3" t="s"><v>99</v></c>')
    rewrite_sheets(book, lambda _, row, __: row == 2, masked)
    assert "要走的人" not in members(book)["xl/sharedStrings.xml"]


def test_what_is_no_word_keeps_what_looks_like_the_person(changed: Callable[..., Path]) -> None:
    """An id may look like a cell, and without its range Excel opens no filter."""
    book = changed("<mergeCells", '<autoFilter ref="A1:C13912345678"/><mergeCells')
    rewrite(book, 9)
    assert 'ref="A1:C13912345678"' in members(book)[SHEET]
    rewrite_sheets(
        book, lambda *_: False, lambda text: text.replace("C13912345678", "***").replace("A2", "***")
    )
    left = members(book)[SHEET]
    assert ('ref="A1:C13912345678"' in left, 'r="A2"' in left, 'ref="A2"' in left) == (True, True, True)


@pytest.mark.parametrize("member", [SHEET, "xl/sharedStrings.xml"])
def test_comments_of_the_xml_are_no_cells_and_no_texts(changed: Callable[..., Path], member: str) -> None:
    old = '<c r="A3"' if member == SHEET else "<si><t>姓名"
    book = changed(old, f"<!-- 13912345678 --><?pi?>{old}", member)
    assert rewrite(book, 2)[0::2] == [["姓名", "电话", "数"], ["乙，问***", 13800000003.0, 3.0]]
    assert not any("13912345678" in part for part in members(book).values())


def test_how_a_text_is_read_aloud_does_not_hide_a_phone_in_it(changed: Callable[..., Path]) -> None:
    aloud = '<rPh sb="0" eb="1"><t>wen</t></rPh>'
    book = changed("<t>12345678</t></r>", f"<t>12345678</t></r>{aloud}", "xl/sharedStrings.xml")
    rewrite(book, 2)
    left = members(book)["xl/sharedStrings.xml"]
    assert (left.count("<t>乙，问***</t>"), left.count("<t>wen</t>")) == (1, 1)


@pytest.mark.parametrize(
    "cell", ['<c r="D4"><is><t>{}</t></is></c>', '<c r="D4" t="str"><is><t>{}</t></is></c>',
             '<c r="D4" t="inlineStr"><v>{}</v></c>', '<c r="D4" t="str"><v>{}</v></c>']
)  # fmt: skip
def test_a_text_is_seen_wherever_its_cell_has_it(changed: Callable[..., Path], cell: str) -> None:
    book = changed("<v>4</v></c></row>", f"<v>4</v></c>{cell.format('电话13912345678')}</row>")
    seen: dict[int, list[str]] = {}
    rewrite_sheets(book, lambda _, row, texts: bool(seen.setdefault(row, texts)) and False, masked)
    assert seen[4][3] == "电话13912345678"


def test_rows_of_anything_but_the_sheet_are_none(changed: Callable[..., Path]) -> None:
    book = changed("<hyperlinks>", "<controls><row>1</row></controls><hyperlinks>")
    rewrite(book, 2)
    assert "<controls><row>1</row></controls>" in members(book)[SHEET]


def test_a_merged_range_is_looked_up_once_and_not_for_every_row(
    changed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(5, 200))
    book = changed("</sheetData>", f"{rows}</sheetData>")
    said = create_autospec(Sheet.said, side_effect=Sheet.said)
    monkeypatch.setattr(Sheet, "said", said)
    assert len(rewrite(book, 2)) == 199
    assert said.call_count == 1
