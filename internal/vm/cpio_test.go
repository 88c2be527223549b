package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// entries reads an archive in the "newc" form: "name mode data", in order.
func entries(t *testing.T, raw []byte) []string {
	t.Helper()
	var all []string
	field := func(header []byte, i int) int {
		n, err := strconv.ParseUint(string(header[6+8*i:14+8*i]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return int(n)
	}
	for at := 0; at < len(raw); {
		if string(raw[at:at+6]) != "070701" {
			t.Fatalf("at %d: %q, want a header", at, raw[at:at+6])
		}
		header := raw[at : at+110]
		mode, size, nameLen := field(header, 1), field(header, 6), field(header, 11)
		name := string(raw[at+110 : at+110+nameLen-1])
		at = (at + 110 + nameLen + 3) &^ 3
		if name == "TRAILER!!!" {
			if at != len(raw) {
				t.Errorf("%d bytes follow the end", len(raw)-at)
			}
			return all
		}
		all = append(all, fmt.Sprintf("%s %o %s", name, mode, raw[at:at+size]))
		at = (at + size + 3) &^ 3
	}
	t.Fatal("the archive has no end")
	return nil
}

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "tool"), []byte("12345"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("tool", filepath.Join(dir, "bin", "other")); err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	a := newArchive(&raw)
	if err := a.tree("/usr", dir); err != nil {
		t.Fatal(err)
	}
	a.bytes("/usr/etc/order", []byte("x"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	got := entries(t, raw.Bytes())
	want := []string{"usr 40755 ", "usr/bin 40755 ", "usr/bin/other 120777 tool", "usr/bin/tool 100700 12345", "usr/etc 40755 ", "usr/etc/order 100644 x"}
	if len(got) != len(want) {
		t.Fatalf("entries: %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("entry %d: %q, want %q", i, got[i], want[i])
		}
	}
}

func TestArchiveWithoutFile(t *testing.T) {
	if err := newArchive(&bytes.Buffer{}).file("/x", filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a file that is not there was added")
	}
}
