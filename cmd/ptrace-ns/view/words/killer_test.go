package words_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
)

// TestParentDeath: T14, the signal comes when the parent's thread ends; the process may
// live on.
func TestParentDeath(t *testing.T) {
	parent := events.Ref{Key: events.ProcKey{PID: 12944, Start: 5}, Comm: "t14"}
	for _, c := range []struct {
		tid   int32
		lives bool
		want  string
	}{
		{0, false, "12944 t14"},
		{12944, false, "12944 t14"},
		{12945, false, "thread 12945 of 12944 t14"},
		{12945, true, "thread 12945 of 12944 t14 (which lives on)"},
		{12944, true, "thread 12944 of 12944 t14 (which lives on)"},
		{0, true, "thread 12944 of 12944 t14 (which lives on)"}, // as read from a recording
	} {
		k := &events.Killer{
			Origin: events.OriginKernel, Signal: 15, Sender: parent, SenderTID: c.tid, ParentDeath: true, SenderLives: c.lives,
		}
		want := ", by its parent-death signal, at the end of " + c.want
		if got := words.Killer(k, events.ProcKey{PID: 7}, 9); got != want {
			t.Errorf("thread %d, lives %v: %q, want %q", c.tid, c.lives, got, want)
		}
	}
}
