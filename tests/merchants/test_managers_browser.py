"""A manager's pages in Chromium, as on a phone, in both languages and both colours."""

import pytest

from tests.browser import Window

WORDS = {
    "zh-CN": {"phone": "手机号码", "send": "获取验证码", "code": "六位验证码", "enter": "登录"},
    "en": {
        "phone": "Mobile number",
        "send": "Send me a code",
        "code": "Code of six digits",
        "enter": "Sign in",
    },
}
PAGES = (
    "",
    "today",
    "offers",
    "offers/new",
    "sites",
    "sites/new",
    "clerks",
    "tills",
    "agreements",
    "statements",
    "managers",
    "measures",
    "account",
)
LOOKS = {"zh-CN": "light", "en": "dark"}
SIZE = (360, 780)


@pytest.fixture
def selling(live):
    """Return a function that sells once at the merchant of a manager of the demo."""

    def sell(manager):
        merchant = manager["merchant"]
        place = next(each for each in live.demo["terminals"] if each["merchant"] == merchant)
        till, phone = live.new_till(place), live.new_phone()
        seen = till.verify(phone.show())
        sold = till.redeem(live.limited_offer, 5000, verification_id=seen["verification_id"])
        assert sold.status_code == 201, sold.text

    return sell


@pytest.mark.parametrize(("language", "number"), [("zh-CN", 0), ("en", 1)])
def test_a_manager_finds_every_page_fit_for_a_phone(chromium, live, selling, language, number):
    """Sign in, sell, propose an offer, invite a clerk, look everywhere; 320 px is wide enough."""
    words, manager = WORDS[language], live.demo["managers"][number]
    selling(manager)
    options = {"language": language, "size": SIZE, "color_scheme": LOOKS[language]}
    with Window(chromium, live.base_url, **options) as window:
        page, found = window.page, {}

        def look(name):
            found[name] = window.faults()
            page.evaluate("scrollTo(0, 0)")
            window.shoot(f"manager-{name}-{language}")

        page.goto("/scan/manager/apply")
        look("apply")
        page.goto("/scan/manager/sign-in")
        look("sign-in")
        page.locator("#phone").fill(manager["phone"])
        window.follow(page.get_by_role("button", name=words["send"]))
        look("code")
        page.locator("#code").fill(live.demo["sign_in_code"])
        window.follow(page.get_by_role("button", name=words["enter"], exact=True))
        page.goto("/scan/manager/offers/new")
        propose(window, look)
        for path in PAGES:
            page.goto(f"/scan/manager/{path}")
            look(path.replace("/", "-") or "home")
        page.goto("/scan/manager/today?day=2026-01-01")
        look("today-empty")
        page.goto("/scan/manager/sites")
        window.follow(page.locator("main .manager-list a.button").first)
        look("site")
        page.goto("/scan/manager/clerks")
        page.locator("#name").fill("演示店员")
        page.locator("#site_id").select_option(index=1)
        window.follow(page.locator("main form.form button"))
        look("clerk-code")
        page.set_viewport_size({"width": 320, "height": 640})
        for path in PAGES:
            page.goto(f"/scan/manager/{path}")
            found[f"{path} at 320"] = window.faults()

        assert {key: faults for key, faults in found.items() if faults} == {}
        assert window.complaints == []


def propose(window, look):
    """Send a proposal with a fault, look at its terms, then propose it."""
    page = window.page
    page.locator("input[name=kind][value=full_reduction]").check()
    page.locator("#threshold_fen").fill("50")
    page.locator("#reduction_fen").fill("80")
    window.follow(page.locator("button[value=save]"))
    look("offers-refused")
    page.locator("#reduction_fen").fill("8")
    page.locator("#union_share_bp").fill("50")
    window.follow(page.locator("button[value=check]"))
    look("offers-checked")
    window.follow(page.locator("button[value=save]"))
