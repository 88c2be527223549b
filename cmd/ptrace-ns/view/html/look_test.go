package html_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestKillsReachTheEdge: what ended a process is one line, also where the other end is a
// lane that is not seen, and says who that is.
func TestKillsReachTheEdge(t *testing.T) {
	b := open(t, recorded(t, "pod.zst"), "#tab=timeline&who=all", 1280, 800)
	b.await(`document.querySelectorAll(".chart .awaytext.kill").length > 0`)
	text := eval[string](b, `document.querySelector(".chart .awaytext.kill").textContent`)
	if !strings.Contains(text, "kills") && !strings.Contains(text, "killed by") {
		t.Errorf("at the edge is said %q", text)
	}
	const reach = `(() => {
		const box = document.querySelector(".chart").getBoundingClientRect(), line = document.querySelector(".chart .arrow.kill").getBoundingClientRect();
		return line.height > 100 && (line.top < box.top + 30 || line.bottom > box.bottom - 8);
	})()`
	if !eval[bool](b, reach) {
		t.Error("the line of a kill does not reach the edge")
	}
	b.shot("kill-at-edge")
	// Whom it leads to is seen when one goes there: then nothing is at the edge.
	b.run(chromedp.EmulateViewport(1280, 2400))
	b.await(`document.querySelectorAll(".chart .awaytext").length === 0 && document.querySelectorAll(".chart .arrow.kill").length > 0`)
}

// TestEndsAreOverArrows: no line runs over the word that says how a process ended.
func TestEndsAreOverArrows(t *testing.T) {
	b := open(t, recorded(t, "docker-stop.zst"), "#tab=timeline", 1200, 800)
	b.await(`document.querySelectorAll(".chart .endtext").length > 0`)
	const under = `[...document.querySelectorAll(".chart .endtext")].every((text) => [...document.querySelectorAll(".chart .arrow")].every((line) => line.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING))`
	if !eval[bool](b, under) {
		t.Error("arrows are drawn over words")
	}
}

// TestKillIsOneLine: the signal that ended a process is not drawn beside the kill, and no
// arrowhead is on the word that says how a process ended.
func TestKillIsOneLine(t *testing.T) {
	b := open(t, recorded(t, "pod.zst"), "#tab=timeline", 1280, 1500)
	b.await(`document.querySelectorAll(".chart .arrow.kill").length === 1 && document.querySelectorAll(".chart .endtext").length === 4`)
	const doubled = `(() => {
		const starts = (kind) => [...document.querySelectorAll(".chart .arrow." + kind)].flatMap((path) => [...path.getAttribute("d").matchAll(/M([-\d.]+) ([-\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]));
		return starts("kill").filter(([x, y]) => starts("signal").some((other) => other[1] === y && Math.abs(other[0] - x) < 3)).length;
	})()`
	if n := eval[int](b, doubled); n != 0 {
		t.Errorf("%d kills have a second line", n)
	}
	const first = `[...document.querySelectorAll(".chart .endtext.kill")].map((text) => text.getBoundingClientRect().left - text.ownerSVGElement.querySelector(".endback.kill").getBoundingClientRect().right).join()`
	if gap := eval[string](b, first); gap != "12" && gap != "11" {
		t.Errorf("between the cross and SIGKILL there are %s pixels", gap)
	}
}

// TestNothingIsCutUnsaid: a row that has too much to say ends its parts in an ellipsis,
// also beside an open story.
func TestNothingIsCutUnsaid(t *testing.T) {
	b := open(t, recorded(t, "pod.zst"), "#tab=tree", 1280, 800)
	b.run(chromedp.SendKeys(search, "pause killed"))
	b.await(`[...document.querySelectorAll("` + lines + `:not(.pale)")].every((row) => row.innerText.includes("pause")) && document.querySelectorAll("mark").length > 0`)
	eval[bool](b, `([...document.querySelectorAll("`+lines+`")].find((row) => row.innerText.includes("killed by")).click(), true)`)
	b.await(`!document.querySelector(".story").hidden`)
	const cut = `[...document.querySelectorAll(".tree .row")].flatMap((row) => [...row.children].filter((part) =>
		part.getBoundingClientRect().right > row.getBoundingClientRect().right + 1 || (part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).textOverflow !== "ellipsis" && getComputedStyle(part).display !== "inline")).map((part) => part.className + ": " + part.innerText)).join("; ")`
	if got := eval[string](b, cut); got != "" {
		t.Errorf("cut without a word: %s", got)
	}
	const short = `[...document.querySelectorAll(".tree .row .command")].filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth < 100).map((part) => part.innerText).join("; ")`
	if got := eval[string](b, short); got != "" {
		t.Errorf("commands that are hardly seen: %s", got)
	}
	b.shot("story-open")
}

// TestNothingMatchesIsSaid on each panel that lists something.
func TestNothingMatchesIsSaid(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "#tab=events", 1200, 800)
	b.run(chromedp.SendKeys(search, "no such thing"))
	for tab, want := range map[string]string{"events": "No event matches.", "tree": "Nothing matches.", "timeline": "No process matches."} {
		b.click("#tab-" + tab)
		b.await(`getComputedStyle(document.querySelector('[role="tabpanel"]:not([hidden]) .rows'), "::after").content === '"` + want + `"'`)
	}
}

// TestHelpersHaveAColour of their own, in the card of a start as in its lanes.
func TestHelpersHaveAColour(t *testing.T) {
	b := open(t, recorded(t, "docker-run.zst"), "", 1200, 800)
	colours := eval[string](b, `["helper", "other", "init", "runtime", "shim", "asks"].map((part) => { const bar = document.createElement("span"); bar.className = "phasebar part-" + part; document.body.append(bar); return getComputedStyle(bar).backgroundColor; }).join("|")`)
	all := map[string]bool{}
	for _, c := range strings.Split(colours, "|") {
		all[c] = true
	}
	if len(all) != 6 {
		t.Errorf("6 parts have %d colours: %s", len(all), colours)
	}
	if n := eval[int](b, `document.querySelectorAll(".part-helper:not(body > *)").length`); n == 0 {
		t.Error("no helper has its colour")
	}
}
