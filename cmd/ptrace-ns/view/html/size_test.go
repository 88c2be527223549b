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

// TestMany: with 100 k events the page has few elements, makes few for what is scrolled
// to, and is no larger than what it says. The times are told, and nothing is asserted of
// them: they are the machine's.
func TestMany(t *testing.T) {
	all := many(100_000 / slower)
	whole := page(t, header(), all, html.About{Whole: true})
	if size := len(whole) / len(all); size > 250 && slower == 1 {
		t.Errorf("%d bytes an event", size)
	}
	began := time.Now()
	b := open(t, whole, "#tab=events&who=all", 1200, 800)
	t.Logf("%d MiB open in %v", len(whole)>>20, time.Since(began).Round(time.Millisecond))
	t.Logf("by the browser's clock: %.0f ms to the first view", eval[float64](b, `performance.getEntriesByType("navigation")[0].domComplete`))
	if got := eval[string](b, `document.querySelector("#panel-events .range").innerText`); got != fmt.Sprintf("%d of %[1]d", len(all)) {
		t.Errorf("count: %s", got)
	}
	few(b, "events")
	scroll(b, "events")
	b.keys(list, end)
	b.await(fmt.Sprintf(`document.querySelector("%s:last-child").ariaRowIndex === "%d"`, lines, len(all)+1))
	found := 0
	for _, ev := range all {
		if bytes.Contains(ev.Process.Args.Raw, []byte("=123")) {
			found++
		}
	}
	b.run(chromedp.SendKeys(search, "=123"))
	b.await(fmt.Sprintf(`document.querySelector("#panel-events .range").innerText === "%d of %d"`, found, len(all)))
	for _, tab := range []string{"timeline", "tree", "namespaces", "summary"} {
		b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#who=all&tab=` + tab + `"`))
		b.await(`document.getElementById("tab-` + tab + `").ariaSelected === "true"`)
		few(b, tab)
		if tab == "timeline" || tab == "tree" {
			scroll(b, tab)
		}
	}
}

// The elements that all of a page may have, and those that one step of scrolling may
// make: a window full of rows or lanes, of which none has many.
const (
	mostElements = 3000
	mostNew      = 1500
)

// few holds that the page has elements for what is seen only.
func few(b *tab, view string) {
	b.Helper()
	if n := eval[int](b, `document.querySelectorAll("*").length`); n > mostElements {
		b.Errorf("%s: the page has %d elements", view, n)
	}
	if n := eval[int](b, `document.querySelectorAll("`+lines+`").length`); n > 100 {
		b.Errorf("%s: %d rows are in the page", view, n)
	}
}

// scroll goes down the list in ever larger steps and counts what that makes.
func scroll(b *tab, view string) {
	b.Helper()
	made := eval[[]float64](b, `(async () => {
		const host = document.querySelector("`+list+`"), times = [];
		let made = 0, most = 0;
		const observer = new MutationObserver((all) => {
			for (const change of all) for (const node of change.addedNodes) made += node.nodeType === 1 ? 1 + node.querySelectorAll("*").length : 0;
		});
		observer.observe(host, { childList: true, subtree: true });
		for (let n = 0, last = performance.now(); n < 15; n++) {
			made = 0;
			host.scrollTop += 997 * (n + 1);
			await new Promise(requestAnimationFrame);
			await new Promise(requestAnimationFrame);
			most = Math.max(most, made);
			times.push(performance.now() - last);
			last = performance.now();
		}
		times.sort((a, b) => a - b);
		return [most, times[7], times[14]];
	})()`)
	if len(made) != 3 || made[0] == 0 || made[0] > mostNew {
		b.Errorf("%s: a step of scrolling makes up to %v elements", view, made)
		return
	}
	b.Logf("scrolling %s: up to %.0f elements a step; of 15 steps of two frames half below %.0f ms, the longest %.0f ms", view, made[0], made[1], made[2])
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

// TestSizes: no view is larger than its window, in light or dark, and nothing is cut that
// has no scrollbar to see it by. PTRACE_NS_SHOTS=DIR writes what they look like, to be
// looked at.
func TestSizes(t *testing.T) {
	for name, schemes := range map[string][]string{"docker-stop": {"light", "dark"}, "docker-run": {"light"}, "pod": {"light"}} {
		whole := recorded(t, name+".zst")
		for _, size := range []struct {
			name          string
			width, height int64
		}{{"wide", 1400, 900}, {"narrow", 400, 780}} {
			b := open(t, whole, "", size.width, size.height)
			for _, scheme := range schemes {
				b.scheme(scheme)
				for _, view := range []string{"summary", "timeline", "tree", "namespaces", "events"} {
					b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=` + view + `"`))
					b.await(`document.getElementById("tab-` + view + `").ariaSelected === "true"`)
					b.shot(strings.Join([]string{name, size.name, scheme, view}, "-"))
					fits(b, name+", "+size.name+", "+view)
				}
			}
		}
	}
}

// fits holds that the window and the parts that are not to be scrolled have no more in
// them than they show, and that a lane has room for a PID and a name.
func fits(b *tab, view string) {
	b.Helper()
	over := `["html", "header", "[role=tablist]", ".filters", ".panel:not([hidden]) .bar", ".panel:not([hidden]) .legend"].flatMap((s) => [...document.querySelectorAll(s)])
		.filter((e) => e.scrollWidth > (e === document.documentElement ? innerWidth : e.clientWidth) || e.scrollHeight > (e === document.documentElement ? innerHeight : e.clientHeight))
		.map((e) => e.tagName + "." + (e.getAttribute("class") ?? "") + " " + [e.scrollWidth, e.clientWidth, e.scrollHeight, e.clientHeight].join("/")).join(", ")`
	if got := eval[string](b, over); got != "" {
		b.Errorf("%s: larger than its room: %s", view, got)
	}
	cut := `[...document.querySelectorAll(".panel:not([hidden]) .chart .lanelabel")].filter((label) => label.getComputedTextLength() > 0 &&
		Math.min(label.textContent.length, 16) > label.textContent.length * (label.ownerSVGElement.width.baseVal.value - 14) / label.getComputedTextLength()).map((label) => label.textContent).join(", ")`
	if got := eval[string](b, cut); got != "" {
		b.Errorf("%s: names cut to less than 16 characters: %s", view, got)
	}
}
