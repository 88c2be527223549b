package names_test

import (
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/names"
)

func TestSignalNamesAreReadBack(t *testing.T) {
	for n := int32(1); n <= 64; n++ {
		got, ok := names.ParseSignal(names.Signal(n))
		if !ok || got != n {
			t.Errorf("ParseSignal(%q) = %d, %v; want %d", names.Signal(n), got, ok, n)
		}
	}
	for n, want := range map[int32]string{9: "SIGKILL", 31: "SIGSYS", 33: "SIG33", 34: "SIGRTMIN", 36: "SIGRTMIN+2", 64: "SIGRTMIN+30", 65: "SIG65"} {
		if got := names.Signal(n); got != want {
			t.Errorf("Signal(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestParseSignal(t *testing.T) {
	for s, want := range map[string]int32{"kill": 9, "SIGTERM": 15, "sigint": 2, "17": 17, "rtmin+1": 35} {
		if got, ok := names.ParseSignal(s); !ok || got != want {
			t.Errorf("ParseSignal(%q) = %d, %v; want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "SIG", "0", "65", "-1", "4294967305", "KILLER", "RTMIN+31"} {
		if n, ok := names.ParseSignal(s); ok {
			t.Errorf("ParseSignal(%q) = %d, want none", s, n)
		}
	}
}

func TestCloneFlags(t *testing.T) {
	var got []string
	for name, bit := range names.CloneFlags(1<<63 | 1<<34 | names.CloneNewPID | names.CloneParent | 1) {
		if name == "" {
			name = "?"
		}
		got = append(got, name+"="+string(names.AppendCloneFlag(nil, bit)))
	}
	want := "?=0x1 CLONE_PARENT=CLONE_PARENT CLONE_NEWPID=CLONE_NEWPID CLONE_AUTOREAP=CLONE_AUTOREAP ?=0x8000000000000000"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestAppendErrno(t *testing.T) {
	if got := string(names.AppendErrno([]byte("x "), 11)); got != "x EAGAIN" {
		t.Error(got)
	}
	if got := string(names.AppendErrno(nil, 999)); got != "errno 999" {
		t.Error(got)
	}
}
