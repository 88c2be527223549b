package phases_test

import (
	"reflect"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// asLive returns a recorded stream as the live tracer tells it: the model adds to short
// events what the process runs, without its arguments, and in which cgroup it is.
func asLive(all []*events.Event) (live []*events.Event, told int) {
	last := map[events.ProcKey]events.Process{}
	for _, ev := range all {
		c := ev.Clone()
		p := &c.Process
		if p.Full {
			last[p.Key] = *p
		} else if known, ok := last[p.Key]; ok && p.Exe == "" && p.Args.Status == events.Absent {
			p.Exe, p.Cgroup = known.Exe, known.Cgroup
			told++
		}
		live = append(live, c)
	}
	return live, told
}

// TestLiveAsRecorded: what is told of a start does not depend on whether it was recorded
// first.
func TestLiveAsRecorded(t *testing.T) {
	for _, name := range streams {
		all := stream(t, name)
		live, told := asLive(all)
		if told == 0 {
			t.Fatalf("%s: no event differs", name)
		}
		want, got := timelines(t, all), timelines(t, live)
		if len(got) != len(want) {
			t.Fatalf("%s: %d live, %d recorded", name, len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: live\n%+v\nrecorded\n%+v", name, *got[i], *want[i])
			}
		}
	}
}
