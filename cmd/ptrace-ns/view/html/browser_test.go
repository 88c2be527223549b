package html_test

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
)

const search = chromedp.CSS("input[type=search]")

// The list of the view that is seen, and its rows.
const (
	list  = ".panel:not([hidden]) .rows"
	lines = ".panel:not([hidden]) .room .row"
)

// TestTabs: each view is there by click and by key, and the address says which.
func TestTabs(t *testing.T) {
	b := open(t, recorded(t, "docker-stop.zst"), "", 1200, 800)
	if got := b.text("#panel-summary"); !strings.Contains(got, "Nothing was lost") || !strings.Contains(got, "SIGTERM from") {
		t.Errorf("summary: %s", got)
	}
	for tab, want := range map[string]string{"tree": "containerd-shim", "namespaces": "ended: PID 1 killed by SIGKILL", "events": "pidns_reap", "timeline": "Drag to zoom"} {
		b.click("#tab-" + tab)
		b.await(fmt.Sprintf(`!document.getElementById("panel-%s").hidden && document.querySelectorAll(".panel:not([hidden])").length === 1`, tab))
		if got := b.text("#panel-" + tab); !strings.Contains(got, want) {
			t.Errorf("%s has no %q: %s", tab, want, got)
		}
		if got := b.fragment(); got != "#tab="+tab {
			t.Errorf("fragment of %s is %q", tab, got)
		}
	}
	b.click("#tab-timeline")
	b.keys("#tab-timeline", arrowRight)
	b.await(`document.activeElement.id === "tab-tree" && document.activeElement.getAttribute("aria-selected") === "true"`)
	b.run(chromedp.NavigateBack())
	b.await(`document.getElementById("tab-timeline").getAttribute("aria-selected") === "true"`)
}

// TestTree: fold, move, search, filter, and the story of whom one chooses.
func TestTree(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=tree", 1200, 800)
	count := "document.querySelectorAll('" + lines + "').length"
	all := eval[int](b, count)
	if all < 15 {
		t.Fatalf("%d rows", all)
	}
	b.keys(list, arrowLeft)
	b.await(count + " === 1")
	if got := eval[string](b, "document.querySelector('"+lines+"').ariaExpanded"); got != "false" {
		t.Errorf("a folded row says expanded %s", got)
	}
	b.keys(list, arrowRight, arrowRight, arrowDown)
	b.await(fmt.Sprintf("%s === %d && document.querySelector('%s').getAttribute('aria-activedescendant') === 'tree-processes-2'", count, all, list))
	b.keys(list, enter)
	b.await(`document.querySelector(".story:not([hidden]) li").innerText.startsWith("It was forked at")`)
	b.keys(list, escape)
	b.await(`document.querySelector(".story").hidden`)

	b.run(chromedp.SendKeys(search, "sleep exited"))
	b.await(`document.querySelectorAll("mark").length > 0 && [...document.querySelectorAll("` + lines + `:not(.pale)")].every((row) => row.innerText.includes("sleep"))`)
	if got := eval[int](b, count); got >= all || got < 3 {
		t.Errorf("%d of %d rows match", got, all)
	}
	b.run(chromedp.Clear(search), chromedp.SendKeys(search, "no such thing"))
	b.await(count + " === 0")
}

// TestStory: a click on a process tells its life, and leads to its relatives.
func TestStory(t *testing.T) {
	b := open(t, recorded(t, "docker-stop.zst"), "#tab=tree", 1200, 800)
	b.run(chromedp.Click(chromedp.Search(`//*[@role="treeitem"][contains(., "sleep 1000")][not(contains(., "sh -c"))]`)))
	b.await(`document.querySelector(".story:not([hidden]) .told")?.innerText.includes("reaping the PID namespace of")`)
	b.run(chromedp.Click(chromedp.Search(`//aside//dt[text()="ended by"]/following-sibling::dd[1]/button`)))
	b.await(`document.querySelector("#storyhead").innerText.endsWith("sh") && document.querySelector(".story .told").innerText.includes("was ignored")`)
	b.run(chromedp.Click(chromedp.Search(`//aside//button[text()="In the table"]`)))
	b.await(`document.querySelector("#tab-events").ariaSelected === "true" && document.querySelectorAll("` + lines + `").length >= 4`)
	b.run(chromedp.NavigateBack(), chromedp.NavigateBack())
	b.await(`document.querySelector("#storyhead").innerText.endsWith("sleep") && document.querySelector("#tab-tree").ariaSelected === "true"`)
}

// TestTimeline: wheel, drag and keys zoom, kills and new parents are drawn, pointer and
// keys tell what is there.
func TestTimeline(t *testing.T) {
	b := open(t, recorded(t, "docker-stop.zst"), "#tab=timeline", 1200, 800)
	span := func() (from, to float64) {
		if _, err := fmt.Sscanf(b.fragment(), "#tab=timeline&t=%f~%f", &from, &to); err != nil {
			t.Fatalf("fragment %q: %v", b.fragment(), err)
		}
		return from, to
	}
	for _, mark := range []string{".endback.kill", ".endback.reap", ".arrow.kill", ".arrow.reap", ".arrow.fork", ".arrow.signal"} {
		b.await(fmt.Sprintf("document.querySelectorAll('.chart %s').length > 0", mark))
	}
	b.keys(list, "+")
	b.await(`location.hash.includes("t=")`)
	from, to := span()
	wide := to - from
	b.run(chromedp.MouseEvent(chromedp.MouseWheel, 700, 400, chromedp.ButtonModifiers(chromedp.ModifierCtrl),
		func(m *input.DispatchMouseEventParams) { m.DeltaX, m.DeltaY = 1, -400 }))
	if from, to = span(); to-from >= wide {
		t.Errorf("the wheel led from %v to %v", wide, to-from)
	}
	wide = to - from
	b.run(
		chromedp.MouseEvent(chromedp.MousePressed, 500, 400, pressed), chromedp.MouseEvent(chromedp.MouseMoved, 560, 400, held),
		chromedp.MouseEvent(chromedp.MouseMoved, 600, 400, held), chromedp.MouseEvent(chromedp.MouseReleased, 600, 400, pressed))
	if from, to = span(); to-from > wide/4 {
		t.Errorf("the drag over a tenth led from %v to %v", wide, to-from)
	}
	b.keys(list, "0")
	b.await(`!location.hash.includes("t=")`)

	b.keys(list, end, ",")
	b.await(`!document.querySelector(".tip").hidden && document.querySelector(".tip").innerText.includes("killed by SIGKILL")`)
	b.keys(list, arrowUp, enter)
	b.await(`document.querySelector("#storyhead").innerText.endsWith("sh")`)
	b.keys(list, escape, escape)
	b.await(`document.querySelector(".story").hidden`)
	b.run(chromedp.MouseEvent(chromedp.MouseMoved, 400, 400), chromedp.MouseEvent(chromedp.MouseMoved, 402, 400))
	b.await(`!document.querySelector(".tip").hidden`)
}

// held has the button down.
func held(m *input.DispatchMouseEventParams) { m.Button, m.Buttons = input.MouseButtonLeft, 1 }

func pressed(m *input.DispatchMouseEventParams) {
	m.Button, m.Buttons, m.ClickCount = input.MouseButtonLeft, 1, 1
}

// TestFragment: an address gives the view that it was copied from.
func TestFragment(t *testing.T) {
	whole := recorded(t, "docker-run.zst")
	b := open(t, whole, "#tab=timeline", 1200, 800)
	b.keys(list, "+", "+", arrowRight, arrowDown, arrowDown, enter)
	b.await(`location.hash.includes("p=")`)
	b.run(chromedp.SendKeys(search, "run"))
	b.await(`location.hash.includes("q=run")`)
	shown := `[document.querySelector("#storyhead").innerText, document.querySelector("#panel-timeline .range").innerText, document.querySelector("input[type=search]").value, document.querySelectorAll(".chart .lanelabel").length].join("|")`
	want, at := eval[string](b, shown), eval[string](b, "location.hash")
	again := open(t, whole, at, 1200, 800)
	if got := eval[string](again, shown); got != want || strings.Count(got, "|") != 3 {
		t.Errorf("%s\n got %s\nwant %s", at, got, want)
	}
	for _, bad := range []string{"#tab=__proto__&p=x&t=1~0&who=constructor&c=%3Cb%3E&kind=toString", "#t=NaN~Infinity&tab=timeline", "#%", "#tab=timeline&t=5", "#tab=timeline&t=9007199254740992~9007199254740994",
		"#tab=timeline&t=1e308~1.7e308", "#tab=events&kind=constructor&c=__proto__"} {
		wrong := open(t, whole, bad, 800, 600)
		if n := eval[int](wrong, `document.querySelectorAll(".panel:not([hidden])").length`); n != 1 {
			t.Errorf("%s shows %d views", bad, n)
		}
	}
}

// TestHostileInBrowser: S10, nothing of the strings acts, and all of them are shown.
func TestHostileInBrowser(t *testing.T) {
	h, all := attacked()
	b := open(t, page(t, h, all, html.About{Whole: true}), "", 1200, 900)
	for _, tab := range []string{"summary", "timeline", "tree", "namespaces", "events"} {
		b.click("#tab-" + tab)
		b.await(`document.getElementById("tab-` + tab + `").ariaSelected === "true"`)
	}
	for i, bad := range hostile {
		b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "#tab=tree&who=all&p=%s"`, key(int32(10+i)))))
		b.await(fmt.Sprintf(`document.querySelector(".story .mono")?.textContent !== undefined && document.querySelector("#storyhead").textContent.startsWith("%d")`, 10+i))
		if got, want := eval[string](b, `document.querySelector(".story").textContent`), safe.String("/x/"+bad); !strings.Contains(got, want) {
			t.Errorf("the story of %q does not show %q", bad, want)
		}
	}
	if got := eval[string](b, "String(window.pwned)"); got != "undefined" {
		t.Errorf("pwned is %s", got)
	}
	if n := eval[int](b, `document.querySelectorAll("img, iframe, object, embed, link, b, form, body script ~ script ~ script, [onload], [onerror], [onclick], a").length`); n != 0 {
		t.Errorf("%d elements that the page does not make", n)
	}
	if got := b.fragment(); !strings.HasPrefix(got, "#tab=tree") {
		t.Errorf("fragment %q", got)
	}
}

// TestDamaged: what is missing is said where nobody overlooks it.
func TestDamaged(t *testing.T) {
	b := open(t, page(t, header(), many(10), html.About{Damage: "recording is cut at 4711"}), "", 800, 600)
	if got := b.text("[role=alert]"); !strings.Contains(got, "cut at 4711") {
		t.Errorf("banner: %s", got)
	}
	b = open(t, page(t, header(), many(10), html.About{Whole: true, Lost: 3}), "", 800, 600)
	if got := b.text("[role=alert]"); !strings.Contains(got, "3 kernel events") {
		t.Errorf("banner: %s", got)
	}
	b = open(t, page(t, header(), many(10), html.About{}), "", 800, 600)
	if got := b.text("[role=status]"); !strings.Contains(got, "what was lost is not known") {
		t.Errorf("banner: %s", got)
	}
}

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

var update = flag.Bool("update", false, "draw the picture of the documents again")

// TestPicture draws what docs/report.md shows: a start to scale, and the story of its
// init.
func TestPicture(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=timeline", 1280, 740)
	init := `(() => { const d = JSON.parse(document.getElementById("data").textContent); return d.processes.id[d.starts.find((s) => s.began >= 0).init]; })()`
	b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=timeline&p=` + eval[string](b, init) + `"`))
	b.await(`document.querySelector(".story:not([hidden]) li").innerText.startsWith("It was forked")`)
	b.await(`document.querySelectorAll(".arrow.move").length > 0 && document.querySelectorAll(".arrow.fork").length > 0`)
	if *update {
		b.picture("../../../../docs/images/report.png")
	}
}
