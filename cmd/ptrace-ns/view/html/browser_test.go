package html_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/html"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/events"
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

// TestCounts: what the summary counts is what the filter of that name chooses, and what it
// says of namespaces and of time is what the other views show.
func TestCounts(t *testing.T) {
	all := many(40)
	all = append(all, &events.Event{Seq: 1000, Kind: events.Snapshot, BootNS: all[len(all)-1].BootNS, Process: process(3, 1, "idle")})
	b := open(t, page(t, header(), all, html.About{Whole: true}), "#who=all", 1200, 800)
	summary := b.text("#panel-summary")
	for _, want := range []string{"only the initial one", "No container and no PID namespace started, ran or ended in this recording, but the initial one."} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q in the summary: %s", want, summary)
		}
	}
	lasted := eval[string](b, `[...document.querySelectorAll(".facts dt")].find((e) => e.innerText === "lasted").nextElementSibling.innerText`)
	tiles := eval[[]string](b, `[...document.querySelectorAll(".figures button")].map((e) => e.className + " " + e.innerText)`)
	if len(tiles) != 5 {
		t.Fatalf("tiles: %q", tiles)
	}
	for _, tile := range tiles {
		var who, name string
		var n int
		if _, err := fmt.Sscan(tile, &who, &n, &name); err != nil {
			t.Fatalf("tile %q: %v", tile, err)
		}
		if who == "none" {
			continue
		}
		b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=tree&who=` + who + `"`))
		b.await(`document.getElementById("tab-tree").ariaSelected === "true"`)
		b.await(fmt.Sprintf(`document.querySelectorAll("%s:not(.pale)").length === %d && document.querySelector(".filters .range").innerText.startsWith("%[2]d of ")`, lines, n))
	}
	b.run(chromedp.Evaluate[chromedp.Void](`location.hash = "#tab=timeline"`))
	b.await(`document.getElementById("tab-timeline").ariaSelected === "true"`)
	if got := b.text("#panel-timeline .range"); !strings.HasSuffix(got, " UTC, "+lasted+", all of the recording") {
		t.Errorf("lasted %s, and the range is %s", lasted, got)
	}
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
	b.clickOn(`//*[@role="treeitem"][contains(., "sleep 1000")][not(contains(., "sh -c"))]`)
	b.await(`document.querySelector(".story:not([hidden]) .told")?.innerText.includes("reaping the PID namespace of")`)
	b.clickOn(`//aside//dt[text()="ended by"]/following-sibling::dd[1]/button`)
	b.await(`document.querySelector("#storyhead").innerText.endsWith("sh") && document.querySelector(".story .told").innerText.includes("was ignored")`)
	b.clickOn(`//aside//button[text()="In the table"]`)
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
