// Package golden compares what a test got with a file that was looked at before. With
// the flag -update the files are written anew. It must not know what is compared.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Updating reports whether files are to be written anew.
func Updating() bool { return *update }

// Write makes the file what the test got.
func Write(t testing.TB, file, got string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Read returns what the file holds.
func Read(t testing.TB, file string) string {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(want)
}

// Check fails the test where the file does not hold what it got, line by line.
func Check[T string | []byte](t testing.TB, file string, got T) {
	t.Helper()
	if *update {
		Write(t, file, string(got))
	}
	want := Read(t, file)
	if string(got) == want {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(want, "\n")
	if len(gotLines) != len(wantLines) {
		t.Errorf("%s has %d lines, and there are %d; if that is meant, go test -update writes it anew:\n%s", file, len(wantLines), len(gotLines), got)
		return
	}
	for i := range wantLines {
		if gotLines[i] != wantLines[i] {
			t.Errorf("%s:%d; if that is meant, go test -update writes it anew\ngot  %s\nwant %s", file, i+1, gotLines[i], wantLines[i])
		}
	}
}
