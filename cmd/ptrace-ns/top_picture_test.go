package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
	"github.com/ptrace-ns/ptrace-ns/internal/picture"
)

// TestTopPicture compares the pictures in the documents with what top shows; make images
// draws them.
func TestTopPicture(t *testing.T) {
	const start, end = 850 * time.Millisecond, time.Hour
	for _, c := range []struct {
		name, recording string
		at              time.Duration
		group           tui.Group
		keys            string
		height          int
	}{
		{"top", "docker-run", start, tui.Tree, "", 22},
		{"top-pidns", "docker-run", start, tui.ByNamespace, "", 24},
		{"top-container", "docker-run", start, tui.ByContainer, "", 24},
		{"top-details", "docker-stop", end, tui.Tree, "/sh -c\rV", 22},
		{"top-pids", "docker-stop", end, tui.Tree, "/sh -c\rV\t", 18},
		{"top-lineage", "docker-stop", end, tui.Tree, "/sh -c\rT", 22},
		{"top-deaths", "shim-killed", end, tui.Tree, "K", 22},
		{"top-namespaces", "nested-unshare", end, tui.Tree, "N", 14},
		{"top-filter", "docker-stop", start, tui.Tree, `\process.container.name ==`, 18},
		{"top-help", "docker-run", start, tui.Tree, "?", 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join("..", "..")
			p, err := newPlayer(t.Context(), func() (*playback, error) {
				return (&app{}).openRecording(t.Context(), filepath.Join(root, "testdata", "recordings", c.recording+".zst"), false)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			v := tui.Options{Unicode: true, Color: true, Args: true, Zone: time.UTC, BootTime: p.header.BootTimeNS, Group: c.group, Compile: compileFilter}
			p.begin(func() *scene.Stage { return newStage(v, p.fromNS(), p.covered) }, moment{given: true, since: c.at})
			golden.Check(t, filepath.Join(root, "docs", "images", c.name+".svg"), picture.SVG("ptrace-ns top", tui.Still(p, v, 132, c.height, c.keys)))
		})
	}
}
