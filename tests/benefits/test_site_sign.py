"""The sign at a partner's door: it says what it must, and its code leads to the benefits."""

from datetime import UTC, date, datetime

import pypdfium2
import pytest
import zxingcpp

from benefits.services.site_sign import SiteSign, draw_site_sign
from cards.errors import NameNotPrintable

ADDRESS = "https://card.example/card/#benefits"
MADE_AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


def sign(**changed):
    facts = {
        "merchant": "深圳市福田区测试面馆",
        "site": "华强北店",
        "agreement_no": "SZ-2026-0001",
        "last_on": date(2027, 10, 31),
        "address": ADDRESS,
    }
    return SiteSign(**(facts | changed))


def printed(content):
    [page] = pypdfium2.PdfDocument(content)
    return page, page.render(scale=3).to_pil()


def test_a_sign_names_the_site_and_says_until_when():
    page, _ = printed(draw_site_sign(sign(), made_at=MADE_AT))

    text = page.get_textpage().get_text_range()

    for each in (
        "工会会员卡定点服务单位",
        "深圳市福田区测试面馆",
        "华强北店",
        "SZ-2026-0001",
        "2027-10-31",
    ):
        assert each in text


def test_its_code_leads_to_the_benefits():
    _, picture = printed(draw_site_sign(sign(), made_at=MADE_AT))

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [ADDRESS]


def test_a_long_name_stays_on_the_sheet():
    long = "深圳市宝安区新桥街道上星社区中心路某某某某餐饮管理有限责任公司第二十三分公司"

    page, _ = printed(draw_site_sign(sign(merchant=long), made_at=MADE_AT))

    edges = [page.get_textpage().get_charbox(n) for n in range(page.get_textpage().count_chars())]
    assert max(right for _, _, right, _ in edges) <= page.get_width()


def test_a_character_that_the_font_lacks_is_named():
    with pytest.raises(NameNotPrintable) as refused:
        draw_site_sign(sign(site="\U0001f600店"), made_at=MADE_AT)

    assert refused.value.facts == {"character": "\U0001f600"}
