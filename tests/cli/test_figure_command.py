"""``xh figure``: a view of a store as a file."""

from xml.etree import ElementTree

from helpers.two_arms import put_two_arms


def test_without_a_file_it_is_svg_on_stdout(tmp_path, xh):
    put_two_arms(tmp_path)
    answer = xh("figure", "table")
    assert (answer.code, answer.err) == (0, "")
    root = ElementTree.fromstring(answer.out)
    assert float(root.get("width")) > 560 and "German (de)" in [each.text for each in root.iter()]


def test_a_file_gets_what_its_name_says_and_the_width_and_font_that_were_asked_for(xh, tmp_path):
    put_two_arms(tmp_path)
    answer = xh("figure", "heatmap", "--width", "84mm", "--font", "Times", "-o", "heatmap.svg")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    text = (tmp_path / "heatmap.svg").read_text(encoding="utf-8")
    assert 'width="317.48"' in text and 'font-family="Times, sans-serif"' in text
    assert xh("figure", "heatmap", "-o", "heatmap.jpg").code == 2
    assert xh("figure", "heatmap", "-o", "runs/stages/heatmap.svg").code == 2
    assert xh("figure", "heatmap", "-o", "missing/heatmap.svg").code == 5


def test_it_is_of_what_is_chosen(tmp_path, xh):
    put_two_arms(tmp_path)
    assert "Did you mean 'xnli'?" in xh("figure", "table", "--target", "xnl").err
    answer = xh("figure", "table", "--inter", "none")
    assert answer.code == 2 and "There is nothing to draw of the view table." in answer.err
    assert xh("figure", "tables").code == 2 and "Did you mean 'table'?" in xh("figure", "tables").err


def test_a_store_that_is_not_there_ends_with_5(xh):
    assert xh("figure", "heatmap").code == 5
