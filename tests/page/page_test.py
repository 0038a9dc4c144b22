#!/usr/bin/env python3
"""The page of an ordinary campaign: what it says, and that its controls do what they say. page_test.py DLI"""

import csv
import json
import unittest

import case
from case import number


class Campaign(case.PageCase):
    def test_says_what_the_rows_say(self):
        rows = self.show("campaign", state="p.model=resnet-50")
        own = [
            row
            for row in rows
            if row["model"] == "resnet-50"
            and row.get("verdict", "invalid") != "invalid"
            and row["status"] == "ok"
        ]
        cards = dict(zip(self.texts(".key .label"), self.texts(".key .value")))
        best = max(row["fps"] for row in own)
        quick = min(row["latency_ms"] for row in own if row["batch"] == 1 and row["mode"] == "sync")
        self.assertAlmostEqual(
            number(cards["Most frames per second"].replace("FPS", "")), best, delta=best / 1000
        )
        self.assertAlmostEqual(
            number(cards["Lowest latency, batch 1"].replace("ms", "")), quick, delta=quick / 1000
        )
        self.assertEqual(len(self.texts(".answers[aria-label^=Best] tbody tr")), 5)
        self.assert_quiet()

    def test_pictures_hold_every_cell(self):
        rows = self.show("campaign", state="p.model=resnet-50&p.framework=openvino&p.host=native")
        own = [
            row
            for row in rows
            if (row["model"], row["framework"], row["host"], row["status"])
            == ("resnet-50", "openvino", "native", "ok")
        ]
        sync = {(row["threads"], row["batch"]): row for row in own if row["mode"] == "sync"}
        circles = (
            "[...document.querySelectorAll('.figures .figure')][%d].querySelectorAll('.curve circle').length"
        )
        self.assertEqual(self.page.run(circles % 0), len(sync))
        self.assertEqual(self.page.run(circles % 1), len(sync))
        cells = self.page.run(
            "[...document.querySelectorAll('.heat-table')].map((table) => [...table.tBodies[0].rows].map((line) => "
            "[...line.cells].map((cell) => (cell.querySelector('b') ?? cell).textContent)))"
        )
        for line, threads in zip(cells[0], (1, 2, 4, 6)):
            self.assertEqual(line[0], str(threads))
            for text, batch in zip(line[1:], (1, 2, 4, 8, 16)):
                self.assertAlmostEqual(
                    number(text), sync[threads, batch]["fps"], delta=sync[threads, batch]["fps"] / 1000
                )
        flight = {(row["streams"], row["requests"]): row["fps"] for row in own if row["mode"] == "async"}
        for line, streams in zip(cells[1], (1, 2, 3, 6)):
            for text, requests in zip(line[1:], (1, 2, 4, 6, 12)):
                self.assertAlmostEqual(
                    number(text), flight[streams, requests], delta=flight[streams, requests] / 1000
                )

    def test_points_answer_to_pointer_and_keys(self):
        self.show("campaign")
        box = self.page.run(
            "(() => { const chart = document.querySelector('.figures .chart'); chart.scrollIntoView({block: 'center', behavior: 'instant'}); const "
            "box = chart.querySelector('.curve circle').getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        self.page.move(*box)
        self.assertIn("Latency", self.page.run("document.querySelector('.tip:not([hidden])').textContent"))
        self.page.run("document.querySelector('.figures .chart').focus()")
        self.page.key("ArrowRight")
        first = self.page.run("document.querySelector('.tip').textContent")
        self.page.key("ArrowRight")
        self.assertNotEqual(first, self.page.run("document.querySelector('.tip').textContent"))
        self.page.key("Enter")
        self.assertFalse(self.page.run("document.querySelector('.details').hidden"))

    def test_sorts_by_several_keys(self):
        rows = self.show("campaign")
        click = "[...document.querySelectorAll('.grid thead th')].find((th) => th.dataset.id === '%s').querySelector('.sort').dispatchEvent(new MouseEvent('click', {shiftKey: %s}))"
        head = (
            "[...document.querySelectorAll('.grid thead th')].find((th) => th.dataset.id === '%s').ariaSort"
        )
        self.act(click % ("fps", "false"))
        self.assertEqual(self.page.run(head % "fps"), "ascending")
        lowest = sorted(row["fps"] for row in rows if "fps" in row)[:10]
        for text, want in zip(self.column("fps"), lowest):
            self.assertAlmostEqual(number(text), want, delta=want / 1000)
        self.act(click % ("fps", "false"))
        self.assertEqual(self.page.run(head % "fps"), "descending")
        self.assertAlmostEqual(number(self.column("fps")[0]), max(row.get("fps", 0) for row in rows), delta=1)
        self.act(click % ("model", "false"))
        self.act(click % ("batch", "true"))
        self.act(click % ("batch", "true"))
        shown = list(zip(self.column("model"), map(number, self.column("batch"))))
        self.assertEqual(shown, sorted(shown, key=lambda each: (each[0], -each[1])))
        self.assertGreater(len({batch for _, batch in shown}), 1)

    def test_filters_hold_for_the_whole_page(self):
        rows = self.show("campaign")
        self.act(
            "(() => { const input = document.querySelector('.toolbar input'); input.value = 'squeezenet onnxruntime'; input.dispatchEvent(new Event('input')); })()"
        )
        own = [row for row in rows if row["model"] == "squeezenet-1.1" and row["framework"] == "onnxruntime"]
        self.assertEqual(self.texts(".row-count"), [f"{len(own)} of {len(rows)} rows"])
        self.assertEqual(set(self.column("model")), {"squeezenet-1.1"})
        self.assertIn("squeezenet-1.1", self.texts(".model-line")[0])
        # A further filter through its window: batch at least 8.
        self.page.run(
            "[...document.querySelectorAll('.grid thead th')].find((th) => th.dataset.id === 'batch').querySelector('.filter').click()"
        )
        self.act(
            "(() => { const input = document.querySelector('.popover input[type=number]'); input.value = '8'; input.dispatchEvent(new Event('change')); })()"
        )
        self.assertEqual(
            self.texts(".row-count"), [f"{sum(row['batch'] >= 8 for row in own)} of {len(rows)} rows"]
        )
        self.assertEqual(len(self.texts(".chip")), 2)
        self.page.key("Escape")
        self.act("document.querySelector('.chip').click()")
        self.act("document.querySelector('.chip').click()")
        self.assertEqual(self.texts(".row-count"), [f"{len(rows)} rows"])

    def test_groups_and_columns_and_the_address(self):
        rows = self.show(
            "campaign", state="group=model,framework&cols=model,framework,fps,compile_ms&sort=-fps"
        )
        self.assertEqual(
            self.page.run(
                "[...document.querySelectorAll('.grid thead th[data-id]')].map((th) => th.dataset.id)"
            ),
            ["model", "framework", "fps", "compile_ms"],
        )
        first = min(row["model"] for row in rows)
        self.assertIn(f"{sum(row['model'] == first for row in rows)} rows", self.texts(".grid tr.group")[0])
        self.page.run("document.querySelector('.grid tr.group').click()")
        self.assertEqual(self.page.run("document.querySelector('.grid tr.group').ariaExpanded"), "false")
        self.assertIn("group=model%2Cframework", self.page.run("location.hash"))
        fps = [number(text) for text in self.column("fps")[:10] if text]
        self.assertEqual(fps, sorted(fps, reverse=True))

    def test_every_failure_is_named(self):
        rows = self.show("campaign")
        failed = [row for row in rows if row["status"] != "ok"]
        text = self.page.run("document.getElementById('failed').textContent")
        for row in failed:
            self.assertIn(row["error"], text)
        self.assertEqual(len(self.texts("#failed li")), len(failed))

    def test_csv_of_the_page_is_the_programs(self):
        path, _ = self.make("campaign")
        self.show("campaign")
        self.page.run(
            "URL.createObjectURL = (blob) => { window.saved = blob.text(); return 'data:,'; }; HTMLAnchorElement.prototype.click = () => {}; "
            "[...document.querySelectorAll('.tool')].find((each) => each.textContent.includes('CSV')).click()"
        )
        ours = list(csv.reader(self.page.run("window.saved").splitlines(keepends=True)))
        with open(path.replace(".html", ".csv"), encoding="utf-8", newline="") as file:
            theirs = list(csv.reader(file))
        self.assertEqual(len(ours), len(theirs))
        for mine, other in zip(ours, theirs):
            for a, b in zip(mine, other, strict=True):
                self.assertTrue(a == b or abs(float(a) - float(b)) <= 1e-8 * abs(float(b)), (a, b))

    def test_a_row_opens_by_keys_and_gives_the_focus_back(self):
        self.show("campaign")
        self.page.run("document.querySelector('.grid-scroll').focus()")
        self.page.key("ArrowDown")
        self.page.key("ArrowDown")
        self.page.key("Enter")
        self.assertTrue(self.page.run("document.querySelector('.details').contains(document.activeElement)"))
        self.assertIn("dli replay", self.texts(".details .command")[0])
        self.page.key("Escape")
        self.assertEqual(
            self.page.run("[document.querySelector('.details').hidden, document.activeElement.className]"),
            [True, "grid-scroll"],
        )

    def test_outcome_buttons_show_their_rows(self):
        rows = self.show("campaign")
        self.act(
            "[...document.querySelectorAll('.outcome button')].find((each) => each.textContent.includes('noisy')).click()"
        )
        noisy = sum(row.get("verdict") == "noisy" and row["status"] == "ok" for row in rows)
        self.assertEqual(self.texts(".row-count"), [f"{noisy} of {len(rows)} rows"])

    def test_hidden_from_paper(self):
        self.show("campaign")
        self.page.call("Emulation.setEmulatedMedia", media="print")
        self.assertEqual(self.page.run("getComputedStyle(document.querySelector('nav.bar')).display"), "none")
        self.page.call("Emulation.setEmulatedMedia", media="")
        pdf = self.page.call("Page.printToPDF", printBackground=True, landscape=True)["data"]
        self.assertGreater(len(json.dumps(pdf)), 100000)


if __name__ == "__main__":
    case.main()
