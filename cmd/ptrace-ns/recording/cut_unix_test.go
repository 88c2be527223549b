//go:build unix

package recording_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// TestCut: a recording that is not all there replaces nothing and has no trailer; one in
// which nothing is goes.
func TestCut(t *testing.T) {
	for _, name := range []string{"a.zst", "a.ndjson"} {
		for _, puts := range []uint64{0, 3} {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("good"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := recorder(t, recording.Options{Path: path, Replace: true})
			for seq := uint64(1); seq <= puts; seq++ {
				if err := r.Put(noise(seq)); err != nil {
					t.Fatal(err)
				}
			}
			left, err := r.Cut()
			if err != nil || content(t, path) != "good" {
				t.Errorf("%s, %d events: %v, the old file has %q", name, puts, err, content(t, path))
			}
			want := 1
			if puts > 0 {
				want = 2
				if got := readable(t, left); got != puts {
					t.Errorf("%s: %d events of %d can be read", name, got, puts)
				}
			}
			if all := names(t, dir); len(all) != want || (left == "") != (puts == 0) {
				t.Errorf("%s, %d events: left is %q, there are %q", name, puts, left, all)
			}
		}
	}
}

// TestPartKnowsNoLoss: what was lost is counted once, by the trailer of the last file.
func TestPartKnowsNoLoss(t *testing.T) {
	dir := t.TempDir()
	r := recorder(t, recording.Options{Path: filepath.Join(dir, "a.ndjson"), RotateSize: 64 << 10})
	for seq := uint64(1); seq <= 2000; seq++ {
		if err := r.Put(noise(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(record.Trailer{Lost: 7}); err != nil {
		t.Fatal(err)
	}
	counted := 0
	all := names(t, dir)
	for _, name := range all {
		lines := strings.Split(strings.TrimSpace(content(t, filepath.Join(dir, name))), "\n")
		last := lines[len(lines)-1]
		if !strings.Contains(last, `"event":"trailer"`) {
			t.Errorf("%s ends with %s", name, last)
		}
		if strings.Contains(last, `"lost":`) {
			counted++
		}
	}
	if len(all) < 2 || counted != 1 {
		t.Errorf("%d of %d files say what was lost", counted, len(all))
	}
}
