package recording_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/recording"
)

func create(t *testing.T, path string, o recording.FileOptions) *recording.File {
	t.Helper()
	f, err := recording.CreateFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f *recording.File, text string) {
	t.Helper()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestFileReplacesNothingUnasked(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f := create(t, path, recording.FileOptions{})
	write(t, f, "one")
	// Two writers on one path: the second is refused, the first not disturbed.
	if _, err := recording.CreateFile(path, recording.FileOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second writer gets %v", err)
	}
	write(t, f, "two")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "onetwo" {
		t.Errorf("the file has %q", got)
	}
}

// F08: what somebody else put there meanwhile stays, and so does what was recorded.
func TestF08ReplacedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path, foreign := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, name := range []string{path, foreign} {
		if err := os.WriteFile(name, []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := create(t, path, recording.FileOptions{Replace: true})
	write(t, f, "ours")
	if err := os.Rename(foreign, path); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "what was recorded is in "+f.Name()) {
		t.Errorf("Close says %v", err)
	}
	if got := content(t, path); got != "not ours" {
		t.Errorf("in its place is %q", got)
	}
	if got := content(t, f.Name()); got != "ours" {
		t.Errorf("what was recorded is %q", got)
	}
}

func TestFileDiscarded(t *testing.T) {
	dir := t.TempDir()
	f := create(t, filepath.Join(dir, "a"), recording.FileOptions{})
	if err := f.Discard(); err != nil {
		t.Fatal(err)
	}
	if all := names(t, dir); len(all) != 0 {
		t.Errorf("there are %q", all)
	}
}

func TestFileRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := recording.CreateFile(dir, recording.FileOptions{Replace: true}); err == nil {
		t.Error("a directory is replaced")
	}
	if _, err := recording.CreateFile(filepath.Join(dir, "no", "a"), recording.FileOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a directory that is not there: %v", err)
	}
}
