package scenario

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/kerneltest"
)

// times is how often the scenarios that repeat themselves do.
const times = 20

// special holds what a table of parents and ends cannot say.
var special = map[string]func(*testing.T, kerneltest.Report){
	"T01": func(t *testing.T, r kerneltest.Report) {
		checkRepeated(t, r, "reuse", func(i int, self, first, end kerneltest.Fact) bool {
			return self.PID == first.PID && end.Code == i
		})
	},
	"T02": func(t *testing.T, r kerneltest.Report) {
		if _, refused := r.Find("error", "main"); refused {
			return // kernel.pid_max is the machine's
		}
		if births := note(t, r, "births"); births < times {
			t.Errorf("births: %d, want at least %d", births, times)
		}
	},
	"T03": func(t *testing.T, r kerneltest.Report) {
		before, _ := r.Find("self", "execer")
		after := mustFind(t, r, "exec", "execer")
		if note(t, r, "exec_tid") == int64(before.PID) {
			t.Error("the leader executed, want another thread")
		}
		if after.PID != before.PID || after.TID != before.PID || after.Start != before.Start {
			t.Errorf("after exec: %+v, want the identity of %+v", after, before)
		}
	},
	"T04": func(t *testing.T, r kerneltest.Report) {
		self := mustFind(t, r, "self", "survivor")
		if self.TID == self.PID {
			t.Errorf("survivor: thread %d is the leader", self.TID)
		}
	},
	"T05": func(t *testing.T, r kerneltest.Report) {
		checkRepeated(t, r, "racer", func(_ int, _, _, end kerneltest.Fact) bool {
			return end.Signal == 0 && end.Code >= 10 && end.Code <= 13
		})
	},
	"T08": func(t *testing.T, r kerneltest.Report) {
		parent := mustFind(t, r, "self", "vfork-exec")
		if image := mustFind(t, r, "exec", "vforked-exec"); image.PPID != parent.PID {
			t.Errorf("vforked-exec: parent %d, want %d", image.PPID, parent.PID)
		}
	},
	"T09": func(t *testing.T, r kerneltest.Report) {
		middle := mustFind(t, r, "self", "middle")
		if moved := mustFind(t, r, "moved", "daemon"); moved.PPID == middle.PID {
			t.Errorf("daemon: parent is still %d", moved.PPID)
		}
	},
	"T10": func(t *testing.T, r kerneltest.Report) {
		moves, a := r.All("moved"), mustFind(t, r, "self", "A")
		if len(moves) != 2 {
			t.Fatalf("moves: %+v, want two", moves)
		}
		if moves[0].PPID != a.PID || moves[1].PPID == a.PID {
			t.Errorf("C moved to %d and %d, want A (%d) and another", moves[0].PPID, moves[1].PPID, a.PID)
		}
	},
	"T12": func(t *testing.T, r kerneltest.Report) {
		if moved := mustFind(t, r, "moved", "orphan"); moved.PPID != mainOf(t, r).PID {
			t.Errorf("orphan: moved to %d, want main", moved.PPID)
		}
	},
	"T15": func(t *testing.T, r kerneltest.Report) {
		if moved := mustFind(t, r, "moved", "child"); moved.PPID != mainOf(t, r).PID {
			t.Errorf("child: moved to %d, want main", moved.PPID)
		}
	},
	"T16": func(t *testing.T, r kerneltest.Report) { wantError(t, r, "unwaited", "ECHILD") },
	"T17": func(t *testing.T, r kerneltest.Report) {
		if refused, ok := r.Find("error", "ring-user"); ok {
			if refused.Errno != "EPERM" && refused.Errno != "ENOSYS" {
				t.Errorf("io_uring: %s", refused.Errno)
			}
			return
		}
		if n := note(t, r, "workers"); n < 1 {
			t.Errorf("workers: %d, want at least one", n)
		}
	},
	"N01": wantReaped,
	"N02": wantReaped,
	"N03": func(t *testing.T, r kerneltest.Report) {
		wantReaped(t, r)
		if self := mustFind(t, r, "self", "inner-0"); len(self.PIDs) != len(mainOf(t, r).PIDs)+2 {
			t.Errorf("inner-0: PIDs %v, want two levels below main", self.PIDs)
		}
	},
	"N04": checkLevels,
	"N05": func(t *testing.T, r kerneltest.Report) {
		checkRepeated(t, r, "init", func(i int, self, _, end kerneltest.Fact) bool {
			return self.PIDs[len(self.PIDs)-1] == 1 && end.Code == i
		})
	},
	"N06": func(t *testing.T, r kerneltest.Report) {
		if note(t, r, "waitable_before") != 0 {
			t.Error("init: was waitable before the injected was reaped")
		}
	},
	"N07": func(t *testing.T, r kerneltest.Report) { wantError(t, r, "second", "ENOMEM") },
	"N08": func(t *testing.T, r kerneltest.Report) {
		home := mainOf(t, r)
		for level, target := range []string{"main", "target-1", "target-2"} {
			self := mustFind(t, r, "self", fmt.Sprintf("entered-%d", level))
			if self.PIDNS != mustFind(t, r, "self", target).PIDNS || len(self.PIDs) != len(home.PIDs)+level {
				t.Errorf("entered-%d: %+v, want the namespace of %s", level, self, target)
			}
		}
	},
	"S01": func(t *testing.T, r kerneltest.Report) {
		got := mustFind(t, r, "exec", "hostile")
		checkArgs(t, got, "S01", "\x1b[2J", "\x1b]52;c;aGk=\a", "a\rb", "a\nb", "\t\b",
			"\x9b31m", "\u009b31m", "\u202etxt", "\u2028", "\x7f")
		if want := "pn-\x1b[2J\r\n\u202e"; string(got.Comm) != want || !strings.HasSuffix(string(got.Exe), want) {
			t.Errorf("name %q, image %q, want %q", got.Comm, got.Exe, want)
		}
	},
	"S02": func(t *testing.T, r kerneltest.Report) {
		if got := mustFind(t, r, "renamed", "two-lines"); got.Comm != "pn-a\nb\x1b[7m" {
			t.Errorf("name %q, want two lines", got.Comm)
		}
	},
	"S03": func(t *testing.T, r kerneltest.Report) {
		checkArgs(t, mustFind(t, r, "exec", "not-utf8"), "S03", "\xff\xfe", "\xed\xa0\x80", "\xc3", "", "\xf4\x90\x80\x80", "")
	},
	"S04": func(t *testing.T, r kerneltest.Report) {
		longest := strings.Repeat("x", 131071)
		checkArgs(t, mustFind(t, r, "exec", "longest"), "S04", longest)
		checkArgs(t, mustFind(t, r, "exec", "total"), append([]string{"S04"}, slices.Repeat([]string{longest}, 15)...)...)
		checkArgs(t, mustFind(t, r, "exec", "many-empty"), make([]string, 100000)...)
		checkArgs(t, mustFind(t, r, "exec", "none"), "") // the kernel gives an empty one
		wantError(t, r, "too-long", "E2BIG")
	},
	"S06": func(t *testing.T, r kerneltest.Report) {
		checkArgs(t, mustFind(t, r, "exec", "spoof"), "[kworker/0:0]")
		if got := mustFind(t, r, "renamed", "spoof"); got.Comm != "kworker/0:0" {
			t.Errorf("name %q, want that of a kernel thread", got.Comm)
		}
	},
	"S07": func(t *testing.T, r kerneltest.Report) {
		for role, end := range map[string]string{
			"memfd": "/memfd:pn-memory (deleted)", "deleted": "/pn-gone (deleted)",
			"relative": "/pn-near", "proc-self": "/pn-exec",
		} {
			if got := mustFind(t, r, "exec", role).Exe; !strings.HasSuffix(string(got), end) {
				t.Errorf("%s: image %q, want …%q", role, got, end)
			}
		}
	},
	"S08": func(t *testing.T, r kerneltest.Report) {
		for depth, argc := range map[int]int{1: 4, 5: 12} {
			got := mustFind(t, r, "exec", fmt.Sprintf("script-%d", depth))
			if got.Argc != argc || !strings.HasSuffix(string(got.Exe), "/pn-interp") {
				t.Errorf("script-%d: %d arguments to %q, want %d to pn-interp", depth, got.Argc, got.Exe, argc)
			}
		}
		wantError(t, r, "script-6", "ELOOP")
	},
	"S09": func(t *testing.T, r kerneltest.Report) {
		wantError(t, r, "absent", "ENOENT")
		wantError(t, r, "garbage", "ENOEXEC")
		if got, ok := r.Find("error", "broken"); ok {
			t.Errorf("broken: %+v, want no return from execve", got)
		}
	},
}

// checkRepeated checks the processes NAME-0, NAME-1 … one after the other.
func checkRepeated(t *testing.T, r kerneltest.Report, name string, right func(i int, self, first, end kerneltest.Fact) bool) {
	t.Helper()
	if n := len(r.All("wait")); n != times {
		t.Fatalf("ends: %d, want %d", n, times)
	}
	first := mustFind(t, r, "self", name+"-0")
	for i := range times {
		role := fmt.Sprintf("%s-%d", name, i)
		self, end := mustFind(t, r, "self", role), mustFind(t, r, "wait", role)
		if !right(i, self, first, end) {
			t.Errorf("%s: %+v, ended %+v", role, self, end)
		}
	}
}

// checkLevels checks that the namespaces go down to level 32 and no further.
func checkLevels(t *testing.T, r kerneltest.Report) {
	const most = 32 // MAX_PID_NS_LEVEL
	home := len(mainOf(t, r).PIDs)
	last := most + 1 - home
	for level := range last + 1 {
		role := fmt.Sprintf("level-%d", level)
		self, end := mustFind(t, r, "self", role), mustFind(t, r, "wait", role)
		if len(self.PIDs) != home+level || end.Code != level {
			t.Errorf("%s: PIDs %v, ended with %d", role, self.PIDs, end.Code)
		}
	}
	wantError(t, r, fmt.Sprintf("level-%d", last+1), "ENOSPC")
}

func checkArgs(t *testing.T, got kerneltest.Fact, want ...string) {
	t.Helper()
	raw := strings.Join(want, "\x00") + "\x00"
	hash := fnv.New64a()
	hash.Write([]byte(raw))
	if got.Argc != len(want) || got.ArgsBytes != len(raw) || got.ArgsFNV != fmt.Sprintf("%016x", hash.Sum64()) {
		t.Errorf("%s: %d arguments, %d bytes, hash %s; want %d, %d, %016x",
			got.Role, got.Argc, got.ArgsBytes, got.ArgsFNV, len(want), len(raw), hash.Sum64())
	}
	if len(got.Args) == 0 {
		return // too many to be told one by one
	}
	told := make([]string, len(got.Args))
	for i, arg := range got.Args {
		told[i] = string(arg)
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s: arguments %q, want %q", got.Role, told, want)
	}
}

func wantReaped(t *testing.T, r kerneltest.Report) {
	t.Helper()
	if note(t, r, "members_gone") != 1 {
		t.Error("members lived on when PID 1 could be waited for")
	}
}

func wantError(t *testing.T, r kerneltest.Report, role, errno string) {
	t.Helper()
	if got := mustFind(t, r, "error", role); got.Errno != errno {
		t.Errorf("%s: %s, want %s", role, got.Errno, errno)
	}
}

func mainOf(t *testing.T, r kerneltest.Report) kerneltest.Fact {
	t.Helper()
	return mustFind(t, r, "self", "main")
}

func mustFind(t *testing.T, r kerneltest.Report, say, role string) kerneltest.Fact {
	t.Helper()
	fact, ok := r.Find(say, role)
	if !ok {
		t.Fatalf("%s of %s: not in the report %+v", say, role, r)
	}
	return fact
}

func note(t *testing.T, r kerneltest.Report, name string) int64 {
	t.Helper()
	for _, fact := range r.All("note") {
		if fact.Name == name {
			return fact.Value
		}
	}
	t.Fatalf("note %s: not in the report %+v", name, r)
	return 0
}
