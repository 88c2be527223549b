package phases

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// forms are the texts that are another in each run of the same thing, and what stands
// for them. A digest names the same image each time and stays.
var forms = []struct {
	text *regexp.Regexp
	sign string
}{
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)?`), "<time>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "<uuid>"},
	{regexp.MustCompile(`(sha256:)?\b([0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{12})\b`), "<id>"},
	{regexp.MustCompile(`^(/var)?/tmp/[^/]+`), "/tmp/<tmp>"},
	{regexp.MustCompile(`/proc/[0-9]+\b`), "/proc/<pid>"},
	{regexp.MustCompile(`/fd/[0-9]+\b`), "/fd/<n>"},
	// The kernel numbers namespaces from 0xF0000000 on (include/linux/proc_ns.h).
	{regexp.MustCompile(`\b40265[34][0-9]{4}\b`), "<ns>"},
}

// naming are flags whose value names this one container.
var naming = []string{"--name", "--cidfile", "--pidfile", "--pid-file", "--console-socket"}

// normal takes out of a timeline's texts what is its own: ids, names, PIDs.
type normal struct {
	own  *strings.Replacer
	pids map[string]bool
}

func newNormal(t *report.Timeline) normal {
	n := normal{pids: map[string]bool{}}
	var pairs []string
	add := func(text, sign string) {
		if text != "" {
			pairs = append(pairs, text, sign)
		}
	}
	if c := t.Container; c != nil {
		add(c.ID, "<id>")
		add(c.Name, "<name>")
		add(c.PodUID, "<pod>")
	}
	add(t.ID, "<id>")
	for i := range t.Phases {
		f := &t.Phases[i]
		for _, ref := range []events.Ref{f.Process, f.Parent, f.Creator} {
			if ref.Key.PID > 1 {
				n.pids[strconv.Itoa(int(ref.Key.PID))] = true
			}
		}
	}
	n.own = strings.NewReplacer(pairs...)
	return n
}

func (n normal) text(s string) string {
	if n.pids[s] {
		return "<pid>"
	}
	s = n.own.Replace(s)
	for _, form := range forms {
		s = form.text.ReplaceAllStringFunc(s, func(found string) string {
			if strings.HasPrefix(found, "sha256:") {
				return found
			}
			return form.sign
		})
	}
	return s
}

// args returns a command line, each argument by itself, as one text.
func (n normal) args(a events.Args) string {
	var all []string
	named := false
	for arg := range a.All {
		s := string(arg)
		flag, _, joined := strings.Cut(s, "=")
		switch {
		case named:
			s, named = "<name>", false
		case joined && slices.Contains(naming, flag):
			s = flag + "=<name>"
		default:
			named = slices.Contains(naming, s)
			s = n.text(s)
		}
		all = append(all, strconv.Quote(s))
	}
	return strings.Join(all, " ")
}

// who names a process by what it is, not by which it is.
func (n normal) who(r events.Ref) string {
	switch {
	case r.IsZero():
		return ""
	case r.Key.PID == 1:
		return "the host's init"
	}
	return n.text(r.Comm)
}
