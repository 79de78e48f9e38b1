"""A manager's pages in Chromium, as on a phone, in both languages."""

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
PAGES = ("", "sites", "sites/new", "clerks", "tills", "agreements", "managers", "account")
SIZE = (390, 844)


def test_a_manager_finds_every_page_fit_for_a_phone_in_both_languages(chromium, live):
    """Sign in, look at every page, invite a clerk; at 320 px nothing scrolls sideways."""
    for (language, words), manager in zip(WORDS.items(), live.demo["managers"][:2], strict=True):
        with Window(chromium, live.base_url, language=language, size=SIZE) as window:
            page = window.page
            found = {}
            page.goto("/scan/manager/apply")
            found["apply"] = window.faults()
            window.shoot(f"manager-apply-{language}")
            page.goto("/scan/manager/sign-in")
            found["sign-in"] = window.faults()
            page.locator("#phone").fill(manager["phone"])
            window.follow(page.get_by_role("button", name=words["send"]))
            found["code"] = window.faults()
            page.locator("#code").fill(live.demo["sign_in_code"])
            window.follow(page.get_by_role("button", name=words["enter"], exact=True))
            for path in PAGES:
                page.goto(f"/scan/manager/{path}")
                found[path] = window.faults()
                window.shoot(f"manager-{path.replace('/', '-') or 'home'}-{language}")
            page.goto("/scan/manager/clerks")
            page.locator("#name").fill("演示店员")
            page.locator("#site_id").select_option(index=1)
            window.follow(page.locator("main form.form button"))
            found["code of a clerk"] = window.faults()
            window.shoot(f"manager-clerk-code-{language}")
            page.set_viewport_size({"width": 320, "height": 640})
            for path in PAGES:
                page.goto(f"/scan/manager/{path}")
                found[f"{path} at 320"] = window.faults()

            assert {key: faults for key, faults in found.items() if faults} == {}
            assert window.complaints == []
