package words_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestDuration(t *testing.T) {
	for ns, want := range map[uint64]string{
		0: "0 ns", 999: "999 ns", 1000: "1 us", 12_345: "12.3 us", 12_350: "12.4 us", 99_999: "100 us", 400_000: "0.4 ms",
		999_999: "1 ms", 99_949_999: "99.9 ms", 99_950_000: "100 ms", 999_499_999: "999 ms", 999_500_000: "1 s",
		3_249_000_000: "3.2 s", 3_250_000_000: "3.3 s", 59_949_999_999: "59.9 s", 59_999_999_999: "1 min",
		60_000_000_000: "1 min", 244_500_000_000: "4 min 5 s", 3_599_500_000_000: "1 h",
		7_380_000_000_000: "2 h 3 min", 86_399_999_999_999: "1 d", 90_000_000_000_000: "1 d 1 h",
	} {
		if got := words.Duration(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
}

// TestUnsaid: S06, whoever picks the first word may pick any.
func TestUnsaid(t *testing.T) {
	for _, c := range []struct{ word, exe, want string }{
		{"/usr/bin/sleep", "/usr/bin/sleep", ""},
		{"sleep", "/usr/bin/sleep", ""},
		{"sleep", "/bin/sleep", ""},
		{"backup", "/usr/local/sbin/backup", ""},
		{"sleep", "", ""},
		{"[kworker/0:0]", "/tmp/d/miner", "/tmp/d/miner"},
		{"/usr/sbin/sshd", "/tmp/d/sshd", "/tmp/d/sshd"},
		{"sshd", "/tmp/d/sshd", "/tmp/d/sshd"},
		{"sshd", "/tmp/usr/sbin/sshd", "/tmp/usr/sbin/sshd"},
		{"sshd", "/sshd", "/sshd"},
		{"sh", "/usr/bin/dash", "/usr/bin/dash"},
		{"-bash", "/usr/bin/bash", "/usr/bin/bash"},
		{"./sleep", "/usr/bin/sleep", "/usr/bin/sleep"},
		{"sleep", "/usr/bin/sleep (deleted)", "/usr/bin/sleep (deleted)"},
		{"sleep", "/memfd:sleep (deleted)", "/memfd:sleep (deleted)"},
		{"", "/usr/bin/sleep", "/usr/bin/sleep"},
	} {
		p := events.Process{Exe: c.exe, Args: events.ArgsOf(c.word, c.exe)}
		if got := words.Unsaid(&p); got != c.want {
			t.Errorf("%q run from %q: got %q, want %q", c.word, c.exe, got, c.want)
		}
	}
	p := events.Process{Exe: "/usr/bin/sleep"}
	if got := words.Unsaid(&p); got != p.Exe {
		t.Errorf("without arguments: got %q, want %q", got, p.Exe)
	}
}

// TestShortChain: of a deep process the ends are shown.
func TestShortChain(t *testing.T) {
	var deep events.PIDChain
	for i := range int32(32) {
		deep = append(deep, events.PIDEntry{PID: 32 - i})
	}
	for n, want := range map[int]string{0: "", 1: "32", 3: "32>31>30", 6: "32>31>30>29>28>27", 7: "32>31>..>27>26", 32: "32>31>..>2>1"} {
		if got := words.ShortChain(deep[:n], ">", ".."); got != want {
			t.Errorf("%d levels: %s, want %s", n, got, want)
		}
	}
}

// TestUnsaidIsAProgram: what the kernel calls a file on a detached mount is no program.
func TestUnsaidIsAProgram(t *testing.T) {
	for exe, want := range map[string]string{"/": "", "": "", "/tmp/sh": "/tmp/sh", "/bin/sh": ""} {
		if got := words.Unsaid(&events.Process{Exe: exe, Args: events.ArgsOf("sh")}); got != want {
			t.Errorf("the image %q is told as %q, want %q", exe, got, want)
		}
	}
}
