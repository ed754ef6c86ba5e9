"""The live page in a real Chromium: it follows by itself, and says when nobody tells it more."""

import threading

from helpers.accessibility import find_violations
from helpers.underway import BEGAN, TRAINING, under_way
from xh.watch.server import Server, Watched


def test_a_page_follows_the_run_without_being_touched(browser, store):
    errors, loads = [], []
    server = Server(Watched(store, clock=lambda: BEGAN + 60, share=0))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.on("load", lambda: loads.append(1))
    with under_way(store) as run:
        run.plan()
        page.goto(server.address)
        page.get_by_text("All stages").click()
        run.tell("began", BEGAN, TRAINING)
        run.log(TRAINING, {"step": 10, "steps": 40, "loss": 2.5}, {"step": 20, "steps": 40, "loss": 2.0})
        page.get_by_text("20/40 steps · loss 2.000").first.wait_for()
        assert page.locator("#live figure svg").count() == 1
        assert page.locator("#live details").get_attribute("open") is not None
        assert find_violations(page) == []
        assert (len(loads), errors) == (1, [])
        store.folder("evaluate-t-9").mkdir()
        page.wait_for_event("load")
    page.get_by_text("Failed: 1 of 3 stages are there").wait_for()
    server.shutdown()
    server.server_close()
    page.get_by_text("xh watch has ended").wait_for()
    page.close()
