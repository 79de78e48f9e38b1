from tools import docs


def test_written_pages_are_found_equal_and_a_changed_one_is_not(app, tmp_path):
    docs.write(app, tmp_path)
    assert docs.differences(app, tmp_path) == []

    page = tmp_path / "problems.md"
    page.write_text(page.read_text().replace("404", "405"))
    assert any(line.startswith("-") and "405" in line for line in docs.differences(app, tmp_path))


def test_a_page_that_was_never_written_differs(app, tmp_path):
    docs.write(app, tmp_path)
    (tmp_path / "tables.md").unlink()

    assert "+# Tables" in docs.differences(app, tmp_path)


def test_the_tables_are_drawn_with_their_keys(app):
    drawing = docs.tables(app)

    assert "    union_orgs {" in drawing
    assert "        uuid id PK" in drawing
    assert " FK" in drawing
