package recording_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestPartsTellNothingThatMayHaveChanged: a process changes its user, its directory and
// its namespaces, and no event says so. What a later part tells of it is true then.
func TestPartsTellNothingThatMayHaveChanged(t *testing.T) {
	all := []*events.Event{was(5, 1, "/bin/a"), was(6, 1, "/bin/b"), was(7, 1, "/bin/c"), was(8, 1, "/bin/d")}
	for i, ev := range all {
		ev.Seq = uint64(i + 1)
		p := &ev.Process
		p.HasIDs, p.UID, p.GID, p.Cwd, p.Full = true, 3, 4, "/root", true
		p.Subreaper, p.UnderSubreaper, p.NSInit, p.PidnsOwner = true, true, true, 70
		p.NS = events.Namespaces{PID: 11, PIDForChildren: 12, Mnt: 13, Net: 14, UTS: 15, IPC: 16, User: 17, Cgroup: 18, Time: 19}
	}
	h := &events.Header{Version: "1", StartNS: 1}
	_, part := readBack(t, inParts(t, h, all, 3, "zst")[1])
	if len(part) != 4 {
		t.Fatalf("%d events, want three told again and one", len(part))
	}
	for _, ev := range part[:3] {
		p := &ev.Process
		if p.HasIDs || p.UID != 0 || p.GID != 0 || p.Cwd != "" || p.Subreaper || p.NS != (events.Namespaces{PID: 11}) {
			t.Errorf("%s is told with what may have changed: %+v", p.Exe, p)
		}
		if p.Exe == "" || !p.UnderSubreaper || !p.NSInit || p.PidnsOwner != 70 {
			t.Errorf("%s is told without what cannot change: %+v", p.Exe, p)
		}
	}
	if p := &part[3].Process; !p.HasIDs || p.Cwd == "" || !p.Subreaper || p.NS.Time != 19 {
		t.Errorf("its own snapshot lacks something: %+v", p)
	}
}
