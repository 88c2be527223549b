//go:build linux

package tracer

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// dying is /proc with one process in it, which goes after so many calls; another may
// have its number then.
type dying struct {
	calls, lasts int
	heir         bool
	leaderless   bool // its leader has ended: only its thread has an executable
}

const dyingStart = 77 * clockTick

// now returns whose directory it is, "" when it is gone.
func (d *dying) now() string {
	d.calls++
	switch {
	case d.calls <= d.lasts:
		return "first"
	case d.heir:
		return "heir"
	}
	return ""
}

func (d *dying) Readlink(name string) (string, error) {
	who := d.now()
	if who == "" || d.leaderless && who == "first" && !strings.Contains(name, "/task/") {
		return "", fs.ErrNotExist
	}
	return who + " " + filepath.Base(name), nil
}

func (d *dying) ReadFile(name string) ([]byte, error) {
	who := d.now()
	switch {
	case who == "":
		return nil, fs.ErrNotExist
	case filepath.Base(name) == "stat":
		start := map[string]int{"first": 77, "heir": 78}[who]
		return fmt.Appendf(nil, "9 (a) b) S%s %d 0", strings.Repeat(" 1", 18), start), nil
	}
	return []byte(who + "\x00"), nil
}

func (d *dying) ReadDir(string) ([]os.DirEntry, error) {
	if d.now() != "first" {
		return nil, fs.ErrNotExist
	}
	return []os.DirEntry{entry("9"), entry("10")}, nil
}

type entry string

func (e entry) Name() string             { return string(e) }
func (entry) IsDir() bool                { return true }
func (entry) Type() fs.FileMode          { return fs.ModeDir }
func (entry) Info() (fs.FileInfo, error) { return nil, fs.ErrNotExist }

// TestDyingBetweenReads has a process go between any two looks at its directory: what is
// told of it is its own or nothing, and never what his has who got its number.
func TestDyingBetweenReads(t *testing.T) {
	for _, leaderless := range []bool{false, true} {
		for _, heir := range []bool{false, true} {
			whole := 0
			for lasts := range 10 {
				d := &dying{lasts: lasts, heir: heir, leaderless: leaderless}
				p := events.Process{Key: events.ProcKey{PID: 9, Start: dyingStart}}
				procReader{true, d}.complete(&p)
				said := p.Exe + "|" + p.Cwd + "|" + string(p.Args.Raw)
				switch {
				case strings.Contains(said, "heir"):
					t.Errorf("leaderless %t, gone after %d calls: told %q, which is another's", leaderless, lasts, said)
				case said == "first exe|first cwd|first\x00" || said == "first exe|first exe|first\x00":
					whole++
				case said != "||":
					t.Errorf("leaderless %t, heir %t, gone after %d calls: told %q", leaderless, heir, lasts, said)
				}
			}
			if want := map[bool]int{false: 10 - 4, true: 10 - 6}[leaderless]; whole != want {
				t.Errorf("leaderless %t, heir %t: told as a whole %d times, want %d", leaderless, heir, whole, want)
			}
		}
	}
}

func TestParseBootOffset(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"monotonic           0         0\nboottime            0         0\n": 0,
		"monotonic  5 5\nboottime       -10000  7\n":                         -10000*time.Second + 7,
		"boottime 315360000 0":                                               315360000 * time.Second,
		"":                                                                   0, "boottime": 0, "boottime x 1\n": 0,
	} {
		if got := parseBootOffset(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
