package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reported runs report and returns its exit code, what it wrote and the page.
func reported(t *testing.T, args ...string) (code int, page string, err error) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "report.html")
	r := (&fake{}).execute(t, nil, append([]string{"report", "-o", out}, args...)...)
	text, readErr := os.ReadFile(out)
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	return r.code, string(text), r.err
}

func TestReport(t *testing.T) {
	file := recorded(t, family())
	out := filepath.Join(t.TempDir(), "report.html")
	r := (&fake{}).execute(t, nil, "report", file, "-o", out)
	if r.code != 0 || r.out != "" {
		t.Fatalf("exit code %d, %v, output %q", r.code, r.err, r.out)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Content-Security-Policy", `"file":"all.zst"`, `"whole":true`, `a\\x1b[2J\\xff\\x0ab`, `pidns_reap`, `"gaps":[{`} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %s", want)
		}
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	piped := (&fake{}).execute(t, nil, "report", file, "-o", "-")
	if piped.code != 0 || piped.out != string(page) {
		t.Errorf("to standard output: exit code %d, %d bytes and not %d", piped.code, len(piped.out), len(page))
	}
}

// TestReportProgress: on a terminal the page's making is shown behind the reading, and
// elsewhere nothing is.
func TestReportProgress(t *testing.T) {
	file := recorded(t, family())
	for _, seen := range []bool{true, false} {
		a := &app{errTTY: seen, err: io.Discard}
		page, about, err := a.readReport(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if (page.Progress != nil) != seen {
			t.Errorf("on a terminal %t, progress is told %t", seen, page.Progress != nil)
		}
		if err := page.Write(io.Discard, about); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReportFile: F07, a file that is there is neither followed nor replaced, but with
// --force.
func TestReportFile(t *testing.T) {
	file := recorded(t, family())
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old.html"), filepath.Join(dir, "link.html")
	if err := os.WriteFile(old, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(old, link); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{old, link, dir, filepath.Join(dir, "none", "x.html")} {
		if r := (&fake{}).execute(t, nil, "report", file, "-o", out); r.code != exitFailed {
			t.Errorf("%s: exit code %d, %v", out, r.code, r.err)
		}
	}
	if r := (&fake{}).execute(t, nil, "report", file, "--force", "-o", link); r.code != exitFailed {
		t.Errorf("--force on a link: exit code %d, %v", r.code, r.err)
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "mine" {
		t.Errorf("the old file has %q, %v", text, err)
	}
	if r := (&fake{}).execute(t, nil, "report", file, "--force", "-o", old); r.code != 0 {
		t.Fatal(r.err)
	}
	if text, err := os.ReadFile(old); err != nil || !bytes.HasPrefix(text, []byte("<!doctype html>")) {
		t.Errorf("the new file has %.100q, %v", text, err)
	}
	if info, err := os.Stat(old); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := fs.Glob(os.DirFS(dir), ".*")
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestReportDamaged: what is whole is shown, what is not is said, and the exit code is
// that of a damaged recording.
func TestReportDamaged(t *testing.T) {
	whole, err := os.ReadFile(recorded(t, family()))
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.zst")
	if err := os.WriteFile(cut, whole[:len(whole)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	code, page, err := reported(t, cut)
	if code != exitDamaged || err == nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	if !strings.Contains(page, `"damage":"`) || strings.Contains(page, `"damage":""`) || strings.Contains(page, `"whole":true`) || !strings.Contains(page, "pidns_reap") {
		t.Errorf("the page: %.2000s", page)
	}
}

// TestReportRefused: nothing is made of what is no recording, nor by wrong usage.
func TestReportRefused(t *testing.T) {
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("not a recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{text}, exitFailed},
		{[]string{filepath.Join(t.TempDir(), "absent.zst")}, exitFailed},
		{nil, exitUsage},
		{[]string{text, "more"}, exitUsage},
	} {
		if code, page, err := reported(t, c.args...); code != c.code || err == nil || page != "" {
			t.Errorf("%v: exit code %d, %v, page %.100q", c.args, code, err, page)
		}
	}
	for _, args := range [][]string{{text}, {text, "-o", ""}, {text, "-o", "-", "--force"}} {
		if r := (&fake{}).execute(t, nil, append([]string{"report"}, args...)...); r.code != exitUsage {
			t.Errorf("%q: exit code %d, %v", args, r.code, r.err)
		}
	}
}
