package nstree_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/nstree"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

func ref(pid int32, comm string) events.Ref {
	return events.Ref{Key: events.ProcKey{PID: pid, Start: uint64(pid)}, Comm: comm}
}

func sample() []*report.Namespace {
	host, outer, inner := events.NSID{Inum: 4026531836}, events.NSID{Inum: 4026532178}, events.NSID{Inum: 4026532180}
	dead := &report.Namespace{
		Info: events.NSInfo{ID: inner, Level: 2, Parent: outer}, Init: ref(7700, "in\x1bit"),
		Chain: events.PIDChain{{NS: host, PID: 7700}, {NS: outer, PID: 9}, {NS: inner, PID: 1}},
		Dying: true, Unreaped: 1,
	}
	over := &report.Namespace{
		Info: events.NSInfo{ID: events.NSID{Inum: 4026532191}, Level: 1, Parent: host}, Init: ref(7800, "worker"),
		Args: events.ArgsOf("sshd", "x"), Exe: "/tmp/a b", Creator: ref(7790, "un share"), Via: "clone3", AgeNS: 1_200_000_000,
		Dying: true, InitExit: &events.ExitStatus{Signal: 9}, Over: true, EndNS: 4_100_000_000, BornNS: 2_900_000_000,
	}
	held := &report.Namespace{
		Info: events.NSInfo{ID: events.NSID{Inum: 4026532192}, Level: 1, Parent: host}, Holders: []events.Ref{ref(7900, "un\nshare"), ref(7901, "sh")},
	}
	pod := []*events.Container{{ID: "77", Name: "pause"}, {ID: "9f1c", Name: "we\nb"}}
	return []*report.Namespace{{
		Info: events.NSInfo{ID: host, UserNS: 4026531837}, HasUID: true, Init: ref(1, "systemd"), Members: 90, Visible: 93, AgeNS: 7_380_000_000_000,
		Children: []*report.Namespace{{
			Info: events.NSInfo{ID: outer, Level: 1, Parent: host}, Init: ref(7609, "sh"),
			Chain: events.PIDChain{{NS: host, PID: 7609}, {NS: outer, PID: 1}}, Args: events.ArgsOf("sh", "-c", "a b"),
			Container: &events.Container{ID: "9f1c", Name: "web"}, Creator: ref(7600, "runc"),
			Members: 2, Visible: 3, AgeNS: 3_200_000_000, Dying: true, DyingNS: 1_000_000_000, InitExit: &events.ExitStatus{Code: 3},
			WaitingFor: []report.Waiting{
				{Process: ref(7650, "sleep"), Parent: ref(7640, "ns\nenter")},
				{Process: ref(7651, "sleep"), Parent: ref(7640, "nsenter"), Zombie: true},
			},
			Children: []*report.Namespace{dead},
		}, {Info: events.NSInfo{ID: events.NSID{Inum: 4026532190}, Level: 1, Parent: host, UserNS: 4026532200}, Members: 1, Visible: 1, HasUID: true, UID: 33, Containers: pod}, over, held},
	}}
}

func TestGolden(t *testing.T) {
	for name, o := range map[string]nstree.Options{
		"unicode": {Unicode: true}, "ascii": {}, "look": {Unicode: true}, "color": {Unicode: true, Color: true},
		"narrow": {Unicode: true, Width: 36}, "exited": {Unicode: true, Moment: func(ns uint64) string { return fmt.Sprintf("at %d", ns/1_000_000) }},
	} {
		t.Run(name, func(t *testing.T) {
			all := sample()
			if name == "exited" {
				all[0].Children[2].Unsure = 2
			}
			o.NowNS = 4_500_000_000
			if name != "ascii" {
				o.User = func(uid uint32) string { return map[uint32]string{0: "root", 33: "www\x1b"}[uid] }
			}
			if name == "look" {
				all[0].Info.UserNS = 0
				all[0].Children[0].Creator, all[0].Children[2].Creator = events.Ref{}, events.Ref{}
			}
			var out bytes.Buffer
			if err := nstree.Write(&out, all, o); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+name+".golden", out.Bytes())
		})
	}
}
