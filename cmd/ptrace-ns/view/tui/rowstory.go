package tui

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/tui/scene"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// How long what is new stands out.
const (
	bornNS  = 2e9
	movedNS = 4e9
)

// styleOf is how a whole line looks.
func (m *Model) styleOf(row *scene.Row) string {
	switch {
	case row.State != report.Live, !row.Hit:
		return m.look.gone
	case row.BornNS != 0 && m.scene.NowNS < row.BornNS+bornNS:
		return m.look.born
	}
	return plain
}

// story says how a process ended or where it came from, and how that looks.
func (m *Model) story(row *scene.Row) (text, style string) {
	switch row.State {
	case report.Unseen:
		return "not seen itself", dim
	case report.Gone:
		return "ended unseen", dim
	case report.Zombie, report.Ending:
		text = "zombie"
		if row.End != nil {
			text = "zombie, " + words.Status(row.End.Status)
		}
		if row.State == report.Ending {
			text = "ended, waits for its namespace's members"
		}
		return text, m.look.failed
	case report.Exited:
		text, style = m.fate(row)
		if from, _ := m.adopted(row); from != "" {
			text += "; " + from
		}
		return text, style
	}
	return m.adopted(row)
}

// storyWithin is the story where there is little room: of a former parent's name a part
// would read like another process, so its number alone is told, or nothing.
func (m *Model) storyWithin(row *scene.Row, room int) (text, style string) {
	text, style = m.story(row)
	if row.Adopted == nil || cells(text) <= room {
		return text, style
	}
	from := m.glyphs.from + strconv.Itoa(int(row.Adopted.From.Key.PID))
	switch row.State {
	case report.Exited:
		text, style = m.fate(row)
		if more := text + "; " + from; cells(more) <= room {
			text = more
		}
	case report.Live:
		text = from
		if cells(text) > room {
			return "", plain
		}
	}
	return text, style
}

// fate says how a process ended, and how that looks.
func (m *Model) fate(row *scene.Row) (text, style string) {
	if row.End == nil {
		return "ended", dim
	}
	text, style = words.Status(row.End.Status), dim
	if row.End.Status != (events.ExitStatus{}) {
		style = m.look.failed
	}
	return clean(text + words.KillerBrief(row.End.Killer, row.Key)), style
}

// adopted says whose child a process was before.
func (m *Model) adopted(row *scene.Row) (text, style string) {
	a := row.Adopted
	if a == nil {
		return "", plain
	}
	text = words.Ref(a.From)
	if to := heir(a.Reason); to != "" {
		text += " " + m.glyphs.arrow + " " + to
	} else {
		text = m.glyphs.from + text
	}
	if !a.Confirmed {
		text += "?"
	}
	style = dim
	if m.scene.NowNS < a.BootNS+movedNS {
		style = m.look.moved
	}
	return clean(text), style
}

// heir says what the new parent is, which the kernel has chosen for that.
func heir(why events.ReparentReason) string {
	switch why {
	case events.ReparentSubreaper:
		return "subreaper"
	case events.ReparentPidnsInit:
		return "its namespace's PID 1"
	case events.ReparentInit:
		return "init"
	case events.ReparentThread:
		return "another thread of it"
	}
	return ""
}
