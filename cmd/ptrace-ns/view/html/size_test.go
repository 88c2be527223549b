package html_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

// TestTimes: times that no clock has are shown as what they are.
func TestTimes(t *testing.T) {
	all := many(20)
	all[3].BootNS, all[5].BootNS, all[6].Process.Key.Start = 1<<64-1, 1<<63, 1<<63+5
	h := header()
	h.BootTimeNS = 1<<63 - 1
	b := open(t, page(t, h, all, html.About{}), "#who=all", 1000, 700)
	for _, view := range []string{"timeline", "tree", "events", "namespaces"} {
		b.click("#tab-" + view)
		b.await(`document.getElementById("tab-` + view + `").ariaSelected === "true"`)
	}
}

// TestMany: 100 k events are shown, scrolled and searched. The times are told, and
// nothing is asserted of them.
func TestMany(t *testing.T) {
	all := many(100_000 / slower)
	whole := page(t, header(), all, html.About{Whole: true})
	began := time.Now()
	b := open(t, whole, "#tab=events&who=all", 1200, 800)
	t.Logf("%d MiB open in %v", len(whole)>>20, time.Since(began).Round(time.Millisecond))
	t.Logf("by the browser's clock: %.0f ms to the first view", eval[float64](b, `performance.getEntriesByType("navigation")[0].domComplete`))
	if got := eval[string](b, `document.querySelector("#panel-events .range").innerText`); got != fmt.Sprintf("%d of %[1]d", len(all)) {
		t.Errorf("count: %s", got)
	}
	frames := `(async () => {
		const host = document.querySelector("` + list + `"), times = [];
		for (let n = 0, last = performance.now(); n < 15; n++) {
			host.scrollTop += 997 * n;
			await new Promise(requestAnimationFrame);
			times.push(performance.now() - last);
			last = performance.now();
		}
		times.sort((a, b) => a - b);
		return "15 frames: half of them below " + times[7].toFixed(0) + " ms, the longest " + times[14].toFixed(0) + " ms";
	})()`
	t.Logf("scrolling events, %s", eval[string](b, frames))
	b.keys(list, end)
	b.await(fmt.Sprintf(`document.querySelector("%s:last-child").ariaRowIndex === "%d"`, lines, len(all)+1))
	if n := eval[int](b, `document.querySelectorAll("`+lines+`").length`); n > 100 {
		t.Errorf("%d rows are in the page", n)
	}
	found := 0
	for _, ev := range all {
		if bytes.Contains(ev.Process.Args.Raw, []byte("=123")) {
			found++
		}
	}
	b.run(chromedp.SendKeys(search, "=123"))
	b.await(fmt.Sprintf(`document.querySelector("#panel-events .range").innerText === "%d of %d"`, found, len(all)))
	for _, tab := range []string{"timeline", "tree"} {
		b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#who=all&tab=` + tab + `"`))
		b.await(`document.getElementById("tab-` + tab + `").ariaSelected === "true"`)
		t.Logf("scrolling %s, %s", tab, eval[string](b, frames))
	}
}

// TestPrint: on paper there are all rows, and no controls.
func TestPrint(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=events", 1200, 300)
	before := eval[int](b, `document.querySelectorAll("`+lines+`").length`)
	b.run(chromedp.Evaluate[chromedp.Void](`window.rowsPrinted = 0; addEventListener("beforeprint", () => { window.rowsPrinted = document.querySelectorAll("` + lines + `").length; })`))
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil || len(pdf) == 0 {
		t.Fatalf("%d bytes, %v", len(pdf), err)
	}
	printed := eval[int](b, "window.rowsPrinted")
	if printed <= before || printed < 60 {
		t.Errorf("%d rows on the screen, %d on paper", before, printed)
	}
	b.await(fmt.Sprintf(`document.querySelectorAll("%s").length === %d`, lines, before))
	for _, view := range []string{"summary", "timeline", "tree", "events"} {
		b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=` + view + `"`))
		b.await(`document.getElementById("tab-` + view + `").ariaSelected === "true"`)
		b.run(chromedp.EmulateViewport(760, 1000), call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}),
			chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("beforeprint"))`))
		b.shot("print-" + view)
		b.run(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("afterprint"))`))
	}
}

// TestAccessible: what an assistive program needs to know is there.
func TestAccessible(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=tree", 1200, 800)
	nameless := `[...document.querySelectorAll("button, input, select, [role=tree], [role=grid], [role=application], [role=tablist], section, aside:not([hidden])")]
		.filter((e) => !(e.ariaLabel || e.getAttribute("aria-labelledby") || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML.slice(0, 80)).join("\n")`
	if got := eval[string](b, nameless); got != "" {
		t.Errorf("without a name: %s", got)
	}
	row := `[...document.querySelectorAll("` + lines + `")].map((row) => [row.role, row.ariaLevel > 0, row.ariaPosInSet > 0, row.ariaSetSize > 0, row.id !== ""].join()).join(" ")`
	if got := eval[string](b, row); strings.Contains(got, "false") || !strings.Contains(got, "treeitem,true") {
		t.Errorf("rows: %s", got)
	}
	dangling := `[...document.querySelectorAll("[aria-controls], [aria-labelledby], [aria-activedescendant], [aria-describedby]")].flatMap((e) => ["aria-controls", "aria-labelledby", "aria-activedescendant", "aria-describedby"].map((a) => e.getAttribute(a)))
		.filter((id) => id && !document.getElementById(id)).join()`
	if got := eval[string](b, dangling); got != "" {
		t.Errorf("named but not there: %s", got)
	}
}

// TestSizes: no view is wider than its window, in light or dark. PTRACE_NS_SHOTS=DIR
// writes what they look like, to be looked at.
func TestSizes(t *testing.T) {
	whole := recorded(t, "docker-stop.zst")
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"wide", 1280, 800}, {"narrow", 400, 780}} {
		b := open(t, whole, "", size.width, size.height)
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for _, view := range []string{"summary", "timeline", "tree", "namespaces", "events"} {
				b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=` + view + `"`))
				b.await(`document.getElementById("tab-` + view + `").ariaSelected === "true"`)
				b.shot(size.name + "-" + scheme + "-" + view)
				if over := eval[float64](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
					t.Errorf("%s is %v pixels wider than a %s window", view, over, size.name)
				}
			}
		}
	}
}

// TestPicture draws what docs/report.md shows: a start to scale, and the story of its
// init.
func TestPicture(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=timeline", 1280, 740)
	init := `(() => { const d = JSON.parse(document.getElementById("data").textContent); return d.processes.id[d.starts.find((s) => s.began >= 0).init]; })()`
	b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=timeline&p=` + eval[string](b, init) + `"`))
	b.await(`document.querySelector(".story:not([hidden]) li").innerText.startsWith("It was forked")`)
	b.await(`document.querySelectorAll(".arrow.move").length > 0 && document.querySelectorAll(".arrow.fork").length > 0`)
	if golden.Updating() {
		b.picture("../../../../docs/images/report.png")
	}
}
