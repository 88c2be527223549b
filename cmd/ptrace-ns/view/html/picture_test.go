package html_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

// The pictures of docs/report.md, and what they are made from.
const (
	images  = "../../../../docs/images"
	picture = "docker-run.zst"
)

// pictures are the views that docs/report.md shows, with what is to be in them.
var pictures = []struct {
	name, tab string
	height    int64
	shows     string
}{
	{"report", "timeline", 740, `document.querySelectorAll(".arrow.move").length > 0 && document.querySelectorAll(".arrow.fork").length > 0`},
	{"report-tree", "tree", 640, `document.querySelectorAll(".badge.moved").length > 0 && document.querySelectorAll(".badge.container").length > 0`},
	{"report-namespaces", "namespaces", 330, `document.querySelectorAll(".badge.ns").length > 1`},
	{"report-events", "events", 560, `document.querySelectorAll(".row.kind-pidns_create, .row.kind-fork").length > 1`},
}

// TestPicturesAreCurrent: the page is the one that the pictures were made of. What a
// browser draws of it is another matter, and each machine's fonts': so the page's hash is
// kept, and not its looks. The accounts of starts are in none of the pictures.
func TestPicturesAreCurrent(t *testing.T) {
	parts := split(t, recorded(t, picture))
	var data map[string]any
	if err := json.Unmarshal(parts[2], &data); err != nil {
		t.Fatal(err)
	}
	// A kind that is new gives others another number, and changes no picture.
	kinds, table := data["kinds"].([]any), data["events"].(map[string]any)
	rows := table["kind"].([]any)
	for i, n := range rows {
		rows[i] = kinds[int(n.(float64))]
	}
	delete(data, "kinds")
	delete(data, "starts")
	shown, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(slices.Concat(parts[1], parts[3], shown))
	got := fmt.Sprintf("%s  the report of testdata/recordings/%s\n", hex.EncodeToString(sum[:]), picture)
	file := filepath.Join("testdata", "pictures.sha256")
	if golden.Updating() {
		golden.Write(t, file, got)
	}
	if golden.Read(t, file) != got {
		t.Error("the report is not the one that is in the pictures of docs/report.md: make images draws them again")
	}
}

// TestPicture draws what docs/report.md shows: a start to scale, with the story of its
// init, and the other views.
func TestPicture(t *testing.T) {
	b := open(t, recorded(t, picture), "#tab=timeline", 1280, 740)
	init := `(() => { const d = JSON.parse(document.getElementById("data").textContent); return d.processes.id[d.starts.find((s) => s.began >= 0).init]; })()`
	chosen := eval[string](b, init)
	for _, p := range pictures {
		at := "#tab=" + p.tab
		if p.tab == "timeline" {
			at += "&p=" + chosen
		}
		b.run(chromedp.EmulateViewport(1280, p.height), chromedp.Evaluate[chromedp.Void](`location.hash = "`+at+`"`))
		b.await(`document.getElementById("tab-` + p.tab + `").ariaSelected === "true"`)
		if p.tab == "timeline" {
			b.await(`document.querySelector(".story:not([hidden]) li").innerText.startsWith("It was forked")`)
		}
		b.await(p.shows)
		if golden.Updating() {
			b.picture(filepath.Join(images, p.name+".png"))
		}
	}
}
