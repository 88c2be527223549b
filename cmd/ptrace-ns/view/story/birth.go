package story

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/safe"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events/names"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

func (t *teller) birth(l *report.Life) {
	start := l.Process.Key.Start
	if b := l.Birth; b != nil {
		text := "It was forked at " + t.at(b.BootNS) + " by " + words.Caller(b.Creator, b.CreatorTID)
		if !b.Parent.IsZero() && b.Parent.Key != b.Creator.Key {
			text += ", as a child of " + words.Ref(b.Parent)
		}
		if flags := cloneFlags(b.Flags); flags != "" {
			text += ", with " + flags
		}
		t.say(text)
		return
	}
	if l.State == report.Unseen {
		t.say("It was not seen itself: others name it")
		return
	}
	text := "It started at " + t.at(start) + ", " + t.ago(start) + t.unborn(l)
	if unknown := unknown(l); unknown != "" {
		text += ": " + unknown + " is not known"
	}
	t.say(text)
}

// unborn tells why nobody saw its birth.
func (t *teller) unborn(l *report.Life) string {
	switch l.Unborn {
	case report.BeforeTracing:
		return ", before the tracing began"
	case report.WasLost:
		return ", while the tracing went on, but the record of its birth was lost"
	case report.NotAsked:
		text := ", while the tracing went on, but its birth is not in the recording, which has only what was asked for"
		if len(l.Asked) > 0 {
			text += " (" + safe.String(strings.Join(l.Asked, " ")) + ")"
		}
		return text
	}
	return ", before this look"
}

// unknown says of a birth that was not seen what else was not. Of one whose changes of
// parent are told there may have been others before, but in a recording that has them.
func unknown(l *report.Life) string {
	var said []string
	for _, what := range []struct{ name, text string }{
		{"creator", "who forked it"}, {"images", "what it ran before"}, {"reparented", "whether it had another parent"},
	} {
		if slices.Contains(l.Unknown, what.name) {
			said = append(said, what.text)
		}
	}
	if len(l.Reparented) > 0 && l.Unborn != report.NotAsked {
		said = append(said, "whether it had other parents before those told")
	}
	return list(said)
}

func cloneFlags(flags uint64) string {
	var b []byte
	for _, flag := range names.CloneFlags(flags &^ ofEveryFork) {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = names.AppendCloneFlag(b, flag)
	}
	return string(b)
}
