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

// TestTopPicture compares the picture in the documents with what top shows; make images
// draws it.
func TestTopPicture(t *testing.T) {
	root := filepath.Join("..", "..")
	a := &app{}
	p, err := newPlayer(t.Context(), func() (*playback, error) {
		return a.openRecording(t.Context(), filepath.Join(root, "testdata", "recordings", "docker-run.zst"), false)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	v := tui.Options{Unicode: true, Color: true, Args: true, Zone: time.UTC, BootTime: p.header.BootTimeNS}
	p.begin(func() *scene.Stage { return newStage(v, p.fromNS()) }, moment{given: true, since: 850 * time.Millisecond})
	golden.Check(t, filepath.Join(root, "docs", "images", "top.svg"), picture.SVG("ptrace-ns top", tui.Still(p, v, 132, 22)))
}
