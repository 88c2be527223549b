//go:build linux

package bpf

import (
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestDecodeExec(t *testing.T) {
	for _, shape := range []struct {
		name   string
		shape  uint8
		levels int
	}{{"small", 0, 2}, {"medium", 1, 8}, {"large", 2, events.MaxLevels}} {
		t.Run(shape.name, func(t *testing.T) {
			got := decode(t, execRecord(execParams{
				shape: shape.shape, levels: shape.levels, filename: "./x.sh", interp: "/bin/sh",
				exe: "dash\x00bin\x00usr\x00", blob: "sh\x00\x00last\x00", argsSize: 9, blobStatus: 1, oldTid: 102,
			}))
			expect := withFull(base(events.Exec, "image", shape.levels))
			expect.Process.TID = 100
			expect.Process.Exe = "/usr/bin/dash"
			expect.Process.Args = events.ArgsOf("sh", "", "last")
			expect.Exec = &events.ExecDetail{
				Filename: "./x.sh", FilenameStatus: events.Complete, Interpreter: "/bin/sh", OldTID: 102,
			}
			want(t, got, expect)
		})
	}
}

func TestDecodeExecArgs(t *testing.T) {
	for _, c := range []struct {
		name string
		in   execParams
		args events.Args
		list []string
	}{
		{"empty ones, the last too", execParams{blob: "a\x00\x00\x00", argsSize: 4, blobStatus: 1},
			events.Args{Size: 4, Status: events.Complete}, []string{"a", "", ""}},
		{"cut", execParams{blob: "a\x00bc", argsSize: 9000, blobStatus: 2},
			events.Args{Size: 9000, Status: events.Truncated}, []string{"a", "bc"}},
		{"none", execParams{blobStatus: 1}, events.Args{Status: events.Complete}, nil},
		{"unreadable", execParams{argsSize: 7, blobStatus: 3}, events.Args{Size: 7, Status: events.Unreadable}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.levels = 1
			got := decode(t, execRecord(c.in)).Process.Args
			if got.Size != c.args.Size || got.Status != c.args.Status {
				t.Errorf("arguments: %+v, want %+v", got, c.args)
			}
			if list := got.Strings(); !slices.Equal(list, c.list) {
				t.Errorf("arguments: %q, want %q", list, c.list)
			}
		})
	}
}

func TestDecodeExecEnv(t *testing.T) {
	whole := decode(t, execRecord(execParams{levels: 1, blob: "a\x00K=v\x00", argsSize: 2, env: 4, blobStatus: 1}))
	if got := whole.Process.Env; got.Status != events.Complete || string(got.Raw) != "K=v\x00" || got.Size != 4 {
		t.Errorf("environment: %+v, want it whole", got)
	}
	if got := whole.Process.Args.Strings(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("arguments: %q, want none of the environment in them", got)
	}
	cut := decode(t, execRecord(execParams{levels: 1, blob: "a\x00K=", argsSize: 2, env: 4, blobStatus: 1}))
	if got := cut.Process.Env; got.Status != events.Truncated || string(got.Raw) != "K=" || got.Size != 4 {
		t.Errorf("environment: %+v, want it cut", got)
	}
}

func TestDecodeExecPath(t *testing.T) {
	for _, c := range []struct {
		name, parts string
		flags       probesExecFlag
		want        string
	}{
		{"plain", "sh\x00bin\x00", 0, "/bin/sh"},
		{"at the root", "init\x00", 0, "/init"},
		{"deleted", "x\x00tmp\x00", probesExecFlagEXE_DELETED, "/tmp/x (deleted)"},
		{"in memory", "memfd:x\x00", probesExecFlagEXE_PSEUDO, "/memfd:x (deleted)"},
		{"too deep", "x\x00y\x00", probesExecFlagEXE_CUT, ""},
		{"the root of a mount that is attached nowhere", "", 0, "/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev := decode(t, execRecord(execParams{levels: 1, exe: c.parts, exeFlags: uint8(c.flags), blobStatus: 1}))
			if ev.Process.Exe != c.want {
				t.Errorf("path: %q, want %q", ev.Process.Exe, c.want)
			}
		})
	}
}
