import gettext

import pytest

from tools import translations
from tools.paths import ROOT


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A small program with one sentence, in the place of ours."""
    (tmp_path / "babel.cfg").write_text((ROOT / "babel.cfg").read_text())
    (tmp_path / "till.py").write_text('_("Card %(number)s is frozen.")\n')
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "FOLDER", tmp_path / "translations")
    return tmp_path


def catalogue(house):
    return house / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


def translate(house, sentence):
    file = catalogue(house)
    file.write_text(file.read_text().replace('msgstr ""\n\n', f'msgstr "{sentence}"\n\n'))
    text = file.read_text()
    head, tail = text.rsplit('msgstr ""', 1) if text.rstrip().endswith('msgstr ""') else (text, "")
    file.write_text(f'{head}msgstr "{sentence}"{tail}' if tail else head)


def test_a_sentence_must_be_collected_then_translated(house):
    assert "does not exist" in translations.faults()[0]

    translations.update()
    assert ["not translated" in fault for fault in translations.faults()] == [True]

    translate(house, "卡 %(number)s 已冻结。")
    assert translations.faults() == []


def test_a_translation_must_name_the_same_facts(house):
    translations.update()
    translate(house, "卡 %(nummer)s 已冻结。")

    assert translations.faults() != []


def test_a_translation_has_no_percent_sign_of_its_own(house):
    (house / "till.py").write_text('_("Half of it.")\n')
    translations.update()
    translate(house, "其中的 50%。")

    assert ["ends a template" in fault for fault in translations.faults()] == [True]


def test_an_update_keeps_translations_and_drops_what_is_gone(house):
    translations.update()
    translate(house, "卡 %(number)s 已冻结。")
    before = catalogue(house).read_text()
    (house / "more.html").write_text("")
    translations.update()
    assert catalogue(house).read_text() == before

    (house / "till.py").write_text('_("Try again.")\n')
    assert len(translations.faults()) == 2  # one is missing, one is no longer used

    translations.update()
    assert "is frozen" not in catalogue(house).read_text()


def test_a_compiled_catalogue_answers_in_chinese_and_is_not_written_twice(house):
    translations.update()
    translate(house, "卡 %(number)s 已冻结。")
    translations.compile_all()
    binary = catalogue(house).with_suffix(".mo")
    written = binary.stat().st_mtime_ns

    translations.compile_all()

    assert binary.stat().st_mtime_ns == written
    with binary.open("rb") as file:
        found = gettext.GNUTranslations(file).gettext("Card %(number)s is frozen.")
    assert found == "卡 %(number)s 已冻结。"
