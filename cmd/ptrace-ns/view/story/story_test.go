package story_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/story"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm}
}

func sh() events.Process {
	return events.Process{
		Key: ref(7609, "").Key, Comm: "sh", Subreaper: true,
		Chain:     events.PIDChain{{PID: 7609}, {NS: events.NSID{Inum: 4026532178}, PID: 1}},
		Container: &events.Container{ID: "9f1c", Runtime: "docker", Name: "web"},
	}
}

// lives are one that was followed to its end and one that only a look knows.
func lives(s string) map[string]*report.Life {
	ns := &report.Namespace{Info: events.NSInfo{ID: events.NSID{Inum: 4026532178}, Level: 1}, Members: 3, Creator: ref(7600, "runc")}
	followed := &report.Life{
		Node: report.Node{
			Process: sh(), State: report.Exited, Exit: &events.ExitStatus{Signal: 9}, LifetimeNS: 3_200_000_000,
			Killer: &events.Killer{Origin: events.OriginUser, Signal: 9, Sender: ref(8000, s), SenderChain: []events.Ref{ref(7999, "sshd")}},
			Reparented: []report.Adoption{{BootNS: 2_000_000_000, EndNS: 2_000_000_000, ReparentDetail: events.ReparentDetail{
				From: ref(7600, "runc"), To: ref(7580, s), Reason: events.ReparentSubreaper, FromExit: &events.ExitStatus{},
			}}},
		},
		Birth:     &report.Birth{BootNS: 1_000_000_000, Creator: ref(7601, "runc:[1:CHILD]"), Parent: ref(7600, "runc"), Flags: 1<<29 | 1<<15},
		Ancestors: []report.Ancestor{{Ref: ref(7580, s), Role: "container shim"}, {Ref: ref(1, "systemd"), Role: "the host's init"}},
		Images: []report.Image{
			{Exe: "/usr/bin/runc", Args: events.ArgsOf("runc", "init")},
			{BootNS: 1_500_000_000, Exe: s, Args: events.ArgsOf("sh", "-c", "sleep 9; "+s)},
		},
		Pidns: ns,
	}
	seen := &report.Life{
		Node:      report.Node{Process: sh(), State: report.Live},
		Ancestors: followed.Ancestors, Images: followed.Images[:1], Children: []events.Ref{ref(7650, s), ref(7651, "b")},
	}
	seen.Pidns = &report.Namespace{Info: ns.Info, Members: 1}
	stuck := *ns
	stuck.Init, stuck.Members, stuck.Creator, stuck.Dying = ref(7609, "sh"), 0, events.Ref{}, true
	stuck.WaitingFor = []report.Waiting{{Process: ref(7650, s), Parent: ref(7640, s), Zombie: true}, {Process: ref(7651, "a, b"), Parent: ref(7640, s)}}
	ending := &report.Life{
		Node:  report.Node{Process: sh(), State: report.Ending, Exit: &events.ExitStatus{Signal: 9}, Reparented: followed.Reparented, ReparentedBefore: 5},
		Pidns: &stuck,
	}
	blocker := &report.Life{Node: report.Node{Process: sh(), State: report.Live}, Pidns: &stuck}
	blocker.Process.Key, blocker.Process.Chain[1].PID = ref(7651, "").Key, 2
	// docker exec, from its birth to its end with the namespace; and a PID 1 with what
	// the kernel killed after it.
	over := &report.Namespace{Info: ns.Info, Init: ref(7609, "sh"), Creator: ref(7600, "runc"), Over: true, Dying: true,
		Killed: []events.Ref{ref(7650, s), ref(7651, "b")}, ReapNS: 2_000_000}
	exec := &report.Life{
		Node: report.Node{Process: sh(), State: report.Exited, Exit: &events.ExitStatus{Signal: 9}, Killer: &events.Killer{
			Origin: events.OriginPidnsReap, Signal: 9, Sender: ref(7609, "sh"),
		}},
		Birth: &report.Birth{BootNS: 1_000_000_000, Creator: ref(7700, "runc:[1:CHILD]")}, Pidns: over, Ancestors: followed.Ancestors,
		Entered: &report.Entry{Creator: ref(7700, s), Setns: true}, Role: "put into its container by a runtime",
		Apart: &report.Apart{Names: []string{"ipc", "mnt", "net"}, Parent: ref(7580, s), Shared: ref(7609, s)},
	}
	exec.Process.Key, exec.Process.Chain[1].PID = ref(7650, "").Key, 9
	dead := &report.Life{
		Node:  report.Node{Process: sh(), State: report.Exited, Exit: &events.ExitStatus{}, LifetimeNS: 3_200_000_000},
		Pidns: over, Apart: &report.Apart{Names: []string{"mnt"}, Parent: ref(7580, s)}, Role: "init for a container", Images: followed.Images[:1],
	}
	ending.Unborn, ending.Unknown = report.BeforeLook, []string{"birth", "creator", "images"}
	for _, l := range []*report.Life{seen, blocker, dead} {
		l.Unborn, l.Unknown = report.BeforeLook, []string{"birth", "creator", "reparented", "images"}
	}
	return map[string]*report.Life{
		"moved": moved(s), "exec": exec, "dead": dead, "followed": followed, "seen": seen, "ending": ending, "blocker": blocker, "gap": gap(s),
	}
}

// gap is the host's init of a filtered recording in which records were lost: of its
// birth, and of two parents' ends.
func gap(s string) *report.Life {
	l := &report.Life{
		Node: report.Node{Process: events.Process{Key: ref(1, "").Key, Comm: "init", Chain: events.PIDChain{{PID: 1}}}, State: report.Live, Reparented: []report.Adoption{
			{BootNS: 2_000_000_000, AfterNS: 1_740_000_000, ReparentDetail: events.ReparentDetail{From: ref(3045, s), To: ref(2, s), Confirmed: true}},
			{BootNS: 4_000_000_000, EndNS: 3_000_000_000, ReparentDetail: events.ReparentDetail{
				From: ref(2, s), To: ref(3, s), Confirmed: true, FromExit: &events.ExitStatus{Signal: 9},
			}},
			{BootNS: 4_500_000_000, ReparentDetail: events.ReparentDetail{From: ref(3, s), To: ref(4, s), Confirmed: true}},
		}},
		Unborn: report.NotAsked, Asked: []string{"--events reparent,exit", "--container " + s}, Unknown: []string{"birth", "creator", "images"},
		Images: []report.Image{{Exe: "/", Args: events.ArgsOf("runc", "init")}, {BootNS: 1_500_000_000, Exe: s, Args: events.ArgsOf("sh"), OldTID: 3046}},
	}
	return l
}

// TestUnbornInWords: why a birth was not seen, and what is not known for that.
func TestUnbornInWords(t *testing.T) {
	const at, who = "It started at 2023-11-14 22:13:20, 5 s ago, ", ": who forked it, what it ran before and whether it had another parent is not known.\n"
	for why, want := range map[report.UnseenBirth]string{
		report.BeforeLook:    at + "before this look" + who,
		report.BeforeTracing: at + "before the tracing began" + who,
		report.WasLost:       at + "while the tracing went on, but the record of its birth was lost" + who,
		report.NotAsked:      at + "while the tracing went on, but its birth is not in the recording, which has only what was asked for" + who,
	} {
		l := lives("sh")["seen"]
		l.Unborn = why
		if got := tell(t, l); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestReadAloud: what the C library asks of every fork is not told, a parent "was"
// killed, and a kernel thread is called one.
func TestReadAloud(t *testing.T) {
	l := lives("sh")["followed"]
	l.Birth.Flags, l.Birth.Parent, l.Process.Kthread = 0x01200000, l.Birth.Creator, true
	l.Reparented[0].FromExit = &events.ExitStatus{Signal: 9}
	got := tell(t, l)
	for _, want := range []string{"by 7601 runc:[1:CHILD].\n", "Its parent 7600 runc was killed by SIGKILL at ", "It was a kernel thread.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestUnseenKiller: that nobody saw who sent the signal is said, and not of what is no signal.
func TestUnseenKiller(t *testing.T) {
	l := lives("sh")["followed"]
	l.Killer, l.Unknown = nil, []string{"killer"}
	if got, want := tell(t, l), "It was killed by SIGKILL after 3.2 s; who sent that was not seen.\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	l.Exit = &events.ExitStatus{}
	if got := tell(t, l); strings.Contains(got, "was not seen") {
		t.Errorf("a sender of no signal in\n%s", got)
	}
}

// TestInOrder: what it ran, its calls and its parents are told in the order in which they
// happened, and of what was at an unknown moment first what it was found with.
func TestInOrder(t *testing.T) {
	l := lives("sh")["followed"]
	l.Images = append(l.Images, report.Image{BootNS: 2_500_000_000, Args: events.ArgsOf("late")})
	l.Moves = []report.Move{{Call: "unshare", At: report.Sight{BootNS: 1_200_000_000, Kind: events.Unshare}, Exact: true}}
	l.ReparentedBefore, l.MovesBefore = 3, 1
	got := tell(t, l)
	for _, want := range []string{
		"born running runc", "changed its namespaces 1 time before", "called unshare", "executed sh", "changed its parent 3 times before",
		"Its parent 7600 runc exited", "executed late", "It was a child of",
	} {
		_, rest, found := strings.Cut(got, want)
		if !found {
			t.Fatalf("no %q, or too early, in\n%s", want, tell(t, l))
		}
		got = rest
	}
}

// moved is one that changed its namespaces: by calls that were seen, and that were not.
func moved(s string) *report.Life {
	at := func(ns uint64, kind events.Kind) report.Sight { return report.Sight{BootNS: ns, Kind: kind} }
	child := at(1_000_050_000, events.Fork)
	child.Child = ref(7650, s)
	return &report.Life{
		Node:  report.Node{Process: sh(), State: report.Live},
		Birth: &report.Birth{BootNS: 1_000_000_000, Creator: ref(7601, "sh"), CreatorTID: 7602},
		Moves: []report.Move{
			{Call: "unshare", Flags: 0x20020000, At: at(1_000_010_000, events.Unshare), Exact: true, Changes: []report.NSChange{
				{Name: "pid_for_children", From: 4026531836, To: 4026532178}, {Name: "mnt", From: 4026531841, To: 4026532177},
			}},
			{Call: "setns", At: at(1_000_020_000, events.Setns), Exact: true},
			{After: at(1_000_030_000, events.Exec), At: at(1_000_040_000, events.Snapshot), Changes: []report.NSChange{{Name: "net", From: 1, To: 2}}},
			{Call: "setns", After: at(1_000_040_000, events.CgroupMove), At: child, Changes: []report.NSChange{{Name: "pid_for_children", From: 3, To: 4}}},
		},
		MovesBefore: 2, ThreadMoves: 1, ChildrenPidns: 4026532179,
		ThreadsApart: []report.ThreadApart{
			{TID: 7612, Pidns: 4026532180, Call: "unshare", At: child}, {TID: 7613, Pidns: 4026532181, At: child},
		},
		Reaping: &report.Reaping{AfterNS: 1_000_000_000, FromNS: 1_000_060_000, UntilNS: 2_000_000_000, EndedCall: true},
	}
}

// TestReapingInWords: as much of when as is known.
func TestReapingInWords(t *testing.T) {
	const is = "It is a subreaper, which gets the orphans among its descendants"
	for want, r := range map[string]*report.Reaping{
		is + ".\n": nil,
		is + ", since 2023-11-14 22:13:23 by prctl.\n":                                        {FromNS: 3_000_000_000, BeganCall: true},
		is + ": not yet at 2023-11-14 22:13:22, and seen to be one at 2023-11-14 22:13:23.\n": {AfterNS: 2_000_000_000, FromNS: 3_000_000_000},
		is + ": it was one already when that was first looked at.\n":                          {FromNS: 3_000_000_000},
		"It was a subreaper, which gets the orphans among its descendants, since 2023-11-14 22:13:23 by prctl, and not any more at 2023-11-14 22:13:24.\n": {
			FromNS: 3_000_000_000, BeganCall: true, UntilNS: 4_000_000_000,
		},
	} {
		l := lives("sh")["seen"]
		l.Reaping = r
		if got := tell(t, l); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestMomentsApart: a story is as fine as its moments need.
func TestMomentsApart(t *testing.T) {
	for second, want := range map[uint64]string{
		2_000_000_000: "at 2023-11-14 22:13:22 by", 1_400_000_000: "at 2023-11-14 22:13:21.400 by", 1_500_000_700: "at 2023-11-14 22:13:21.500000 by",
	} {
		l := lives("sh")["followed"]
		l.Reparented, l.Birth.BootNS = nil, second
		if second == 1_500_000_700 {
			l.Images[1].BootNS = 1_500_900_000
		}
		if got := tell(t, l); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func tell(t *testing.T, l *report.Life) string {
	t.Helper()
	var out bytes.Buffer
	o := story.Options{Unicode: true, BootTime: 1_700_000_000_000_000_000, NowNS: 5_000_000_000, Zone: time.UTC}
	if err := story.Tell(&out, l, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	for name, life := range lives("containerd-shim") {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".golden", tell(t, life))
		})
	}
}

func FuzzStrings(f *testing.F) {
	for _, s := range []string{"sh", "a\nb", "\x1b]52;c;\x07", "\xff", "\u202e\u009b\u2028", "'", "\x00", "\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, life := range lives(s) {
			plain := strings.Count(tell(t, lives("x")[name]), "\n")
			told := tell(t, life)
			if strings.Count(told, "\n") != plain {
				t.Errorf("%s: lines are torn: %q", name, told)
			}
			if i := strings.IndexFunc(told, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
				t.Errorf("%s: %q", name, told[i:])
			}
		}
	})
}
