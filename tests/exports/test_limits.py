from exports.limits import SHEET_ROWS, OverLimit, over_limit


def test_the_limit_itself_fits():
    assert over_limit(100_000, 100_000) is None
    assert over_limit(0, 100_000) is None


def test_one_more_is_refused_with_the_count():
    refusal = over_limit(100_001, 100_000)
    assert refusal == OverLimit(rows=100_001, limit=100_000)
    assert refusal is not None
    assert refusal.message == (
        "本次导出共 100,001 条，超过单次导出上限 100,000 条，未生成文件。请增加筛选条件后再导出。"
    )


def test_no_limit_is_above_what_a_worksheet_holds():
    assert over_limit(SHEET_ROWS, 5_000_000) is None
    assert over_limit(SHEET_ROWS + 1, 5_000_000) == OverLimit(rows=1_048_576, limit=1_048_575)
