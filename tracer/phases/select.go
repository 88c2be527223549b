package phases

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// Selects reports whether a word names the container: a name that it has or had, the beginning of its
// id, the inum of its own PID namespace, or its init by the host's PID or by its id. By
// the last alone a container that was started again is told from what it was before.
func Selects(t *report.Timeline, word string) bool {
	if word == "" {
		return false
	}
	if c := t.Container; c != nil && (c.Name == word || strings.HasPrefix(c.ID, word)) || slices.Contains(t.Also, word) {
		return true
	}
	return t.ID == word || !t.Shared && strconv.FormatUint(uint64(t.Pidns.ID.Inum), 10) == word ||
		strconv.Itoa(int(t.Init.Key.PID)) == word || t.Init.Key.String() == word
}

// Ended reports whether the end of the container, and of those that belong to it, is
// in what was seen.
func Ended(t *report.Timeline) bool {
	if t.EndedNS == 0 || !t.Shared && !t.Gone {
		return false
	}
	for _, p := range t.Phases {
		// Who waits for a container ends after it; a daemon stays.
		if p.Section == report.Starting && p.EndNS == 0 && !p.Moment {
			return false
		}
	}
	return true
}
