package story

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// maxAlike is how many ancestors of one kind are told one by one, after the first.
const maxAlike = 4

// alike returns how many ancestors, from the first on, are told in the same words but for
// their PIDs.
func alike(all []report.Ancestor) int {
	n := 1
	for n < len(all) && all[n].Comm == all[0].Comm && all[n].Role == all[0].Role && all[n].Container.Equal(all[0].Container) {
		n++
	}
	return n
}

func (t *teller) ancestors(l *report.Life) {
	for i := 0; i < len(l.Ancestors); {
		a := l.Ancestors[i]
		text := "It " + t.is + " a child of "
		if i > 0 {
			text = "That " + t.is + " a child of "
		}
		text += words.Ref(a.Ref)
		if a.Role != "" {
			text += ", " + safe.String(a.Role)
		}
		t.say(text)
		i++
		if n := alike(l.Ancestors[i-1:]) - 1; n >= maxAlike {
			i += n
			t.say("Above that ", t.are, " ", strconv.Itoa(n), " more like it, each a child of the next, up to ", words.Ref(l.Ancestors[i-1].Ref))
		}
	}
	switch {
	case l.State == report.Unseen:
	case l.Certainty == report.Inferred:
		t.say("Records were lost since its parent was last seen: that this is its parent still is inferred")
	case l.Certainty == report.Unknown:
		t.say("Who its parent is now is not known: the last known one has ended")
	}
	if len(l.Ancestors) == 0 && l.Process.Parent.IsZero() && l.State != report.Unseen {
		t.say("It ", t.has, " no parent")
	}
	if j := l.Process.Job; j != nil && !j.Ptracer.IsZero() {
		text := "It is traced by " + words.Ref(j.Ptracer)
		if len(l.Ancestors) > 0 && l.Ancestors[0].Key != j.Ptracer.Key {
			text += ", which is not its parent"
		}
		t.say(text)
	}
}
